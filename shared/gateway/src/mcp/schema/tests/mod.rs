use super::*;
use crate::limits::RESPONSE;
use crate::mcp::json::Json;
use crate::mcp::testing::Rng;
use serde_json::Value;
use validator::Validator;

mod generator;
mod validator;

fn loosen(schema: &str, removable: bool) -> Option<String> {
    let json = Json::parse(schema.as_bytes(), &RESPONSE).unwrap();
    loosened(json.value(json.root()), removable)
}

/// Schema, and what becomes of it: `=` for nothing.
const CASES: &[(&str, &str)] = &[
    ("true", "="),
    (r#"{"type":"object","required":["a"],"properties":{"a":{"type":"string"}}}"#, "="),
    (r#"{"type":"string","format":"email"}"#, r#"{"type":"string"}"#),
    (r#"{ "format" : "email" , "type":"string" }"#, r#"{ "type":"string" }"#),
    (r#"{ "type":"string" , "format":"email" }"#, r#"{ "type":"string" }"#),
    (r#"{"pattern":"a","minLength":1,"maxLength":2,"contentEncoding":"base64"}"#, "{}"),
    (r#"{"pattern":"a","x":1,"maxLength":2,"y":{"pattern":"a"}}"#, r#"{"x":1,"y":{"pattern":"a"}}"#),
    (r#"{"\u0066ormat":"email"}"#, "{}"),
    // Names are no keywords, and data is no schema.
    (r#"{"properties":{"format":{"type":"string"},"pattern":true}}"#, "="),
    (r#"{"properties":{"format":{"format":"email"}}}"#, r#"{"properties":{"format":{}}}"#),
    (r#"{"default":{"format":"x"},"examples":[{"pattern":"x"}],"x-own":{"format":"x"}}"#, "="),
    (r#"{"enum":[null,true,0,-0.0,[]],"const":false}"#, "="),
    (r#"{"enum":["a","b"],"type":"string"}"#, r#"{"type":"string"}"#),
    (r#"{"enum":[1]}"#, "{}"),
    (r#"{"enum":[{"a":1}]}"#, "{}"),
    (r#"{"const":"a"}"#, "{}"),
    // A number becomes 0.
    (r#"{"minimum":0,"maximum":0,"exclusiveMinimum":-1e-9,"exclusiveMaximum":1,"multipleOf":7}"#, "="),
    (
        r#"{"minimum":1e-9,"maximum":-1,"exclusiveMinimum":0,"exclusiveMaximum":-0,"type":"number"}"#,
        r#"{"type":"number"}"#,
    ),
    (r#"{"minimum":0,"exclusiveMinimum":true}"#, r#"{"minimum":0}"#),
    // Everywhere that schemas are.
    (r#"{"items":{"format":"x"}}"#, r#"{"items":{}}"#),
    (
        r#"{"items":[{"format":"x"},true],"additionalItems":{"format":"x"}}"#,
        r#"{"items":[{},true],"additionalItems":{}}"#,
    ),
    (
        r#"{"prefixItems":[{"format":"x"}],"contains":{"const":"x"},"minContains":1,"maxContains":2}"#,
        r#"{"prefixItems":[{}],"contains":{},"minContains":1}"#,
    ),
    (
        r#"{"anyOf":[{"format":"x"},{"type":"null"}],"allOf":[{"pattern":"x"}]}"#,
        r#"{"anyOf":[{},{"type":"null"}],"allOf":[{}]}"#,
    ),
    (
        r#"{"$defs":{"a":{"format":"x"}},"definitions":{"a":{"format":"x"}}}"#,
        r#"{"$defs":{"a":{}},"definitions":{"a":{}}}"#,
    ),
    (
        r#"{"dependentSchemas":{"a":{"format":"x"}},"dependencies":{"a":{"format":"x"},"b":["a"]}}"#,
        r#"{"dependentSchemas":{"a":{}},"dependencies":{"a":{},"b":["a"]}}"#,
    ),
    (r#"{"uniqueItems":true,"minItems":1}"#, r#"{"minItems":1}"#),
    (r#"{"uniqueItems":false}"#, "="),
    // Names that the schema does not declare may be replaced.
    (
        r#"{"additionalProperties":{"format":"x"},"propertyNames":{"type":"string","format":"email"}}"#,
        r#"{"additionalProperties":{},"propertyNames":{"type":"string"}}"#,
    ),
    (r#"{"additionalProperties":false,"patternProperties":{"@":{"type":"number"}},"minProperties":1}"#, "{}"),
    (r#"{"additionalProperties":false,"maxProperties":1}"#, "="),
    (r#"{"unevaluatedProperties":false,"unevaluatedItems":false,"allOf":[true]}"#, r#"{"allOf":[true]}"#),
    // Conditions may turn around.
    (
        r#"{"not":{"const":"x"},"if":{"const":"x"},"then":{"type":"null"},"else":false,"type":"string"}"#,
        r#"{"type":"string"}"#,
    ),
    (
        r#"{"not":{"type":"null"},"allOf":[{"not":{}},{"not":true},{"not":{"title":"t","type":["null"]}}]}"#,
        "=",
    ),
    (r#"{"not":{"type":"integer"},"allOf":[{"not":{"type":["integer"]}}]}"#, r#"{"allOf":[{}]}"#),
    (r#"{"oneOf":[{"type":"string"},{"type":"null"}]}"#, "="),
    (
        r#"{"title":"t", "oneOf" : [{"type":"string","format":"x"},{"const":"b"}]}"#,
        r#"{"title":"t", "anyOf" : [{"type":"string"},{}]}"#,
    ),
    (r#"{"oneOf":[{"const":"a"}],"discriminator":{"propertyName":"k"}}"#, r#"{"anyOf":[{}]}"#),
    (r#"{"oneOf":[{"const":"a"}],"anyOf":[{"type":"null"}]}"#, r#"{"anyOf":[{"type":"null"}]}"#),
    // References.
    (
        r##"{"$ref":"#/$defs/a~1%25","$defs":{"a/%":{"format":"x","items":{"$ref":"#"}}}}"##,
        r##"{"$ref":"#/$defs/a~1%25","$defs":{"a/%":{"items":{"$ref":"#"}}}}"##,
    ),
    (r##"{"$ref":"#/allOf/0","allOf":[{"format":"x"}]}"##, r##"{"$ref":"#/allOf/0","allOf":[{}]}"##),
    (
        r##"{"$ref":"#n","$defs":{"a":{"$anchor":"n","format":"x"}}}"##,
        r##"{"$ref":"#n","$defs":{"a":{"$anchor":"n"}}}"##,
    ),
    (r##"{"$id":"https://a.example/s","$ref":"#n","definitions":{"a":{"$id":"#n"}}}"##, "="),
    (
        r##"{"properties":{"$ref":{"type":"string"},"$id":{"format":"x"}}}"##,
        r##"{"properties":{"$ref":{"type":"string"},"$id":{}}}"##,
    ),
    (r##"{"type":"object","$ref":"https://a.example/s"}"##, r#"{"type":"object"}"#),
    (r##"{"$ref":"#/components/a","components":{"a":{"format":"x"}}}"##, "{}"),
    (r##"{"properties":{"b":{"$ref":"#/oneOf/0"}},"oneOf":[{"const":"a"}]}"##, "{}"),
    (r##"{"properties":{"b":{"$ref":"#/not"}},"not":{"const":"a"},"type":["object"]}"##, "{}"),
    (r##"{"$ref":"#n","not":{"$anchor":"n","const":1},"type":"object"}"##, r#"{"type":"object"}"#),
    (r##"{"$ref":"#/%4"}"##, "{}"),
    (r##"{"type":"object","$defs":{"a":{"$id":"https://a.example/a"}}}"##, r#"{"type":"object"}"#),
];

/// The same where members may be missing.
const REMOVABLE: &[(&str, &str)] = &[
    (
        r#"{"type":"object","required":["a"],"properties":{"required":{"required":["b"]}}}"#,
        r#"{"type":"object","properties":{"required":{}}}"#,
    ),
    (
        r#"{"dependentRequired":{"a":["b"]},"dependencies":{"a":["b"]},"dependentSchemas":{"a":true}}"#,
        r#"{"dependentSchemas":{"a":true}}"#,
    ),
    (r#"{"dependencies":{"a":{"required":["b"]}}}"#, r#"{"dependencies":{"a":{}}}"#),
    (r#"{"type":"string"}"#, "="),
];

#[test]
fn what_redaction_may_break_goes_and_the_rest_stays() {
    for (cases, removable) in [(CASES, false), (REMOVABLE, true)] {
        for &(schema, expected) in cases {
            let expected = Some(expected).filter(|&expected| expected != "=");
            let loose = loosen(schema, removable);
            assert_eq!(loose.as_deref(), expected, "{schema}");
            if let Some(loose) = loose.filter(|loose| loose != schema) {
                let again = loosen(&loose, removable);
                assert!(again.is_none_or(|again| again == loose), "{schema}");
            }
        }
    }
}

#[test]
fn a_schema_deep_in_a_document_is_taken_where_it_lies() {
    let text = r#"{"name":"é","outputSchema": {"type":"object","format":"x"} }"#;
    let json = Json::parse(text.as_bytes(), &RESPONSE).unwrap();
    let schema = json.value(json.root()).get("outputSchema").unwrap();
    assert_eq!(loosened(schema, false).as_deref(), Some(r#"{"type":"object"}"#));
}

#[test]
fn what_is_left_of_a_valid_value_is_valid() {
    let (mut valid, mut broken) = (0, 0);
    for seed in 0..60_000 {
        let rng = &mut Rng::new(seed);
        let schema = generator::document(rng);
        let removable = rng.chance(50);
        let text = schema.to_string();
        let loose: Value = match loosen(&text, removable) {
            Some(loose) => serde_json::from_str(&loose).unwrap(),
            None => schema.clone(),
        };
        for _ in 0..8 {
            let value = generator::value(rng, 2);
            if !(Validator { root: &schema }).accepts(&value) {
                continue;
            }
            valid += 1;
            let left = generator::redacted(rng, &value, removable);
            broken += usize::from(!Validator { root: &schema }.accepts(&left));
            let accepted = Validator { root: &loose }.accepts(&left);
            assert!(accepted, "seed {seed}: {text} -> {loose}: {value} -> {left}");
        }
    }
    // Without loosening many would have failed.
    assert!(valid > 50_000 && broken > 1_500, "{valid} valid, {broken} broken");
}
