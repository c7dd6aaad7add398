//! Schemas, values for them, and what redaction may make of a value.

use crate::mcp::testing::Rng;
use serde_json::{Map, Value, json};

/// Names that schemas declare; they are never replaced.
const DECLARED: &[&str] = &["a", "b", "format"];
const FREE: &[&str] = &["x@y", "key", "K9"];
const STRINGS: &[&str] = &["", "abc", "x@y", "id 42", "longer than ten"];
const REDACTED: &[&str] = &["", "****", "[EMAIL_1]", "abc", "x@y"];
const NUMBERS: &[f64] = &[0.0, 1.0, -3.0, 2.5, 400.0];
const TYPES: &[&str] = &["string", "number", "integer", "boolean", "null", "array", "object"];
const PATTERNS: &[&str] = &["@", "^[a-z]+$"];

pub(super) fn leaf(rng: &mut Rng) -> Value {
    match rng.below(7) {
        0 => Value::Null,
        1 => Value::Bool(rng.chance(50)),
        2 | 3 => match rng.pick(NUMBERS) {
            whole if whole.fract() == 0.0 => json!(whole as i64),
            number => json!(number),
        },
        _ => json!(rng.pick(STRINGS)),
    }
}

pub(super) fn value(rng: &mut Rng, depth: usize) -> Value {
    match rng.below(if depth == 0 { 5 } else { 10 }) {
        5 | 6 => (0..rng.below(4)).map(|_| value(rng, depth - 1)).collect(),
        7.. => {
            let names = [DECLARED, DECLARED, FREE].concat();
            (0..rng.below(5)).map(|_| (rng.pick(&names).to_owned(), value(rng, depth - 1))).collect()
        }
        _ => leaf(rng),
    }
}

/// What redaction may leave of a value.
pub(super) fn redacted(rng: &mut Rng, value: &Value, removable: bool) -> Value {
    let another = |rng: &mut Rng, text: &str| match rng.chance(60) {
        true => rng.pick(REDACTED).to_owned(),
        false => text.to_owned(),
    };
    match value {
        Value::String(text) => another(rng, text).into(),
        Value::Number(_) if rng.chance(60) => json!(0),
        Value::Array(items) => items.iter().map(|item| redacted(rng, item, removable)).collect(),
        Value::Object(members) => {
            let mut left = Map::new();
            for (name, value) in members {
                if removable && rng.chance(25) {
                    continue;
                }
                let name = match DECLARED.contains(&name.as_str()) {
                    true => name.clone(),
                    false => another(rng, name),
                };
                left.insert(name, redacted(rng, value, removable));
            }
            Value::Object(left)
        }
        other => other.clone(),
    }
}

/// A schema with a few keywords of `KEYWORDS`, each with an operand that a value may well satisfy.
pub(super) fn schema(rng: &mut Rng, depth: usize) -> Value {
    if rng.chance(6) {
        return Value::Bool(rng.chance(85));
    }
    let mut members = Map::new();
    for _ in 0..rng.below(4) {
        let (keyword, operand) = keyword(rng, depth);
        members.insert(keyword.to_owned(), operand);
    }
    Value::Object(members)
}

/// A document: its schemas refer to two definitions.
pub(super) fn document(rng: &mut Rng) -> Value {
    let mut root = schema(rng, 3);
    if let Some(members) = root.as_object_mut() {
        let definitions = json!({"a": schema(rng, 1), "b": schema(rng, 0)});
        members.insert("$defs".to_owned(), definitions);
    }
    root
}

fn keyword(rng: &mut Rng, depth: usize) -> (&'static str, Value) {
    if depth == 0 || rng.chance(35) {
        return plain(rng);
    }
    const APPLICATORS: &[&str] = &[
        "properties",
        "properties",
        "patternProperties",
        "additionalProperties",
        "additionalProperties",
        "propertyNames",
        "dependentSchemas",
        "items",
        "items",
        "prefixItems",
        "contains",
        "allOf",
        "anyOf",
        "oneOf",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
        "$ref",
    ];
    let keyword = rng.pick(APPLICATORS);
    let operand = match keyword {
        // Definitions refer to nothing, so that no reference is circular.
        "$ref" if depth > 1 => json!(rng.pick(&["#/$defs/a", "#/%24defs/b"])),
        "$ref" => return plain(rng),
        "properties" | "dependentSchemas" => {
            (0..3).map(|_| (rng.pick(DECLARED).to_owned(), schema(rng, depth - 1))).collect()
        }
        "patternProperties" => {
            Value::Object(Map::from_iter([(rng.pick(PATTERNS).to_owned(), schema(rng, depth - 1))]))
        }
        "prefixItems" | "allOf" | "anyOf" | "oneOf" => {
            (0..1 + rng.below(3)).map(|_| schema(rng, depth - 1)).collect()
        }
        "additionalProperties" if rng.chance(40) => json!(false),
        _ => schema(rng, depth - 1),
    };
    (keyword, operand)
}

fn plain(rng: &mut Rng) -> (&'static str, Value) {
    const PLAIN: &[&str] = &[
        "type",
        "type",
        "type",
        "types",
        "enum",
        "const",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "format",
        "uniqueItems",
        "minItems",
        "maxItems",
        "minContains",
        "maxContains",
        "minProperties",
        "maxProperties",
        "required",
        "dependentRequired",
        "title",
    ];
    let keyword = rng.pick(PLAIN);
    let operand = match keyword {
        "types" => return ("type", json!([rng.pick(TYPES), rng.pick(TYPES)])),
        "type" => json!(rng.pick(TYPES)),
        "enum" => (0..3).map(|_| value(rng, 1)).collect(),
        "const" => leaf(rng),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => json!(rng.pick(NUMBERS)),
        "multipleOf" => json!(rng.pick(&[1.0, 0.5, 2.0])),
        "pattern" => json!(rng.pick(PATTERNS)),
        "format" => json!(rng.pick(&["email", "other"])),
        "uniqueItems" => json!(rng.chance(80)),
        "required" => json!([rng.pick(DECLARED)]),
        "dependentRequired" => {
            Value::Object(Map::from_iter([(rng.pick(DECLARED).to_owned(), json!([rng.pick(DECLARED)]))]))
        }
        "title" => json!("t"),
        _ => json!(rng.below(4)),
    };
    (keyword, operand)
}
