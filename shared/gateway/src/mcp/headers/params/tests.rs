use super::*;
use crate::limits::REQUEST;
use crate::mcp::json::Json;

fn annotations(schema: &str) -> Result<Vec<ParamHeader>, SchemaViolation> {
    let json = Json::parse(schema.as_bytes(), &REQUEST).unwrap();
    param_headers(json.value(json.root()))
}

fn property(annotated: &str) -> String {
    format!(r#"{{"type":"object","properties":{{"p":{annotated}}}}}"#)
}

/// `region` (string), `limit.count` (integer), `dry` (boolean).
fn tool() -> Vec<ParamHeader> {
    annotations(
        r#"{"type":"object","properties":{
            "region":{"type":"string","x-mcp-header":"Region"},
            "limit":{"type":"object","properties":{"count":{"x-mcp-header":"Count","type":"integer"}}},
            "dry":{"type":"boolean","\u0078-mcp-header":"Dry-Run"},
            "free":{"type":"string","default":{"x-mcp-header":"not an annotation"}}}}"#,
    )
    .unwrap()
}

fn with_arguments<T>(arguments: &str, act: impl FnOnce(Option<Raw<'_>>) -> T) -> T {
    let json = Json::parse(arguments.as_bytes(), &REQUEST).unwrap();
    act(Some(json.value(json.root())))
}

fn check(arguments: &str, headers: &[(&str, &str)]) -> Result<(), &'static str> {
    let headers = Headers::from_pairs(headers.iter().copied());
    with_arguments(arguments, |arguments| check_params(&headers, &tool(), arguments))
        .map_err(|wrong| wrong.why)
}

#[test]
fn annotations_are_found_along_properties() {
    let found: Vec<_> = tool().into_iter().map(|p| (p.header, p.path.join("."), p.kind)).collect();
    let expected = [
        ("Region".into(), "region".into(), ParamKind::String),
        ("Count".into(), "limit.count".into(), ParamKind::Integer),
        ("Dry-Run".into(), "dry".into(), ParamKind::Boolean),
    ];
    assert_eq!(found, expected);
    assert_eq!(annotations(r#"{"type":"object","properties":{"a":{"type":"string"}}}"#), Ok(Vec::new()));
}

#[test]
fn invalid_annotations_drop_the_tool() {
    for annotated in [
        r#"{"type":"string","x-mcp-header":""}"#,
        r#"{"type":"string","x-mcp-header":"a b"}"#,
        r#"{"type":"string","x-mcp-header":"a:b"}"#,
        r#"{"type":"string","x-mcp-header":"é"}"#,
        r#"{"type":"string","x-mcp-header":"a\r\nb"}"#,
        r#"{"type":"string","x-mcp-header":7}"#,
        r#"{"type":"number","x-mcp-header":"N"}"#,
        r#"{"type":"object","x-mcp-header":"N"}"#,
        r#"{"type":["string","null"],"x-mcp-header":"N"}"#,
        r#"{"x-mcp-header":"N"}"#,
        r#"{"type":"string","x-mcp-header":"Q"},"q":{"type":"string","x-mcp-header":"q"}"#,
        r#"{"type":"array","items":{"type":"string","x-mcp-header":"N"}}"#,
        r#"{"anyOf":[{"type":"string","x-mcp-header":"N"}]}"#,
        r#"{"additionalProperties":{"type":"string","x-mcp-header":"N"}}"#,
        r#"{"not":{"properties":{"x":{"type":"string","x-mcp-header":"N"}}}}"#,
        r#"{"patternProperties":{"^x":{"type":"string","x-mcp-header":"N"}}}"#,
        r#"{"if":{"properties":{"x":{"type":"string","x-mcp-header":"N"}}}}"#,
    ] {
        annotations(&property(annotated)).expect_err(annotated);
    }
    annotations(r#"{"type":"object","x-mcp-header":"Root"}"#).unwrap_err();
    annotations(r#"{"$defs":{"d":{"type":"string","x-mcp-header":"N"}}}"#).unwrap_err();
    annotations(r#"{"$defs":{"d":{"type":"string","\u0078-mcp-header":"N"}}}"#).unwrap_err();
}

#[test]
fn arguments_become_headers() {
    let values = |arguments: &str| {
        with_arguments(arguments, |arguments| {
            let pairs =
                param_values(&tool(), arguments).into_iter().map(|(name, value)| format!("{name}={value}"));
            pairs.collect::<Vec<_>>().join(" ")
        })
    };
    assert_eq!(
        values(r#"{"region":"us","limit":{"count":42.0},"dry":false}"#),
        "Mcp-Param-Region=us Mcp-Param-Count=42 Mcp-Param-Dry-Run=false"
    );
    assert_eq!(values(r#"{"region":"é\n","limit":{}}"#), "Mcp-Param-Region==?base64?w6kK?=");
    assert_eq!(
        values(r#"{"region":null,"limit":{"count":9007199254740991}}"#),
        "Mcp-Param-Count=9007199254740991"
    );
    assert_eq!(values(r#"{"region":["us"],"limit":{"count":9007199254740992},"dry":{}}"#), "");
    assert_eq!(values(r#"{"limit":{"count":1.5}}"#), "Mcp-Param-Count=1.5");
    assert_eq!(values(r#"{"limit":{"count":-1e3},"dry":"x"}"#), "Mcp-Param-Count=-1000 Mcp-Param-Dry-Run=x");
    assert_eq!(param_values(&tool(), None), []);
}

#[test]
fn headers_must_mirror_the_arguments() {
    let all = [("Mcp-Param-Region", "us"), ("mcp-param-count", "42"), ("MCP-PARAM-DRY-RUN", "true")];
    let arguments = r#"{"region":"us","limit":{"count":42},"dry":true}"#;
    assert_eq!(check(arguments, &all), Ok(()));
    assert_eq!(check("{}", &[]), Ok(()));
    assert_eq!(check(r#"{"region":null}"#, &[]), Ok(()));
    assert_eq!(check("{}", &[("mcp-param-unknown", "x")]), Ok(()));
    assert_eq!(check(arguments, &all[1..]), Err("is missing"));
    assert_eq!(check(r#"{"region":null}"#, &all[..1]), Err("has no argument to mirror"));
    assert_eq!(check(r#"{}"#, &all[..1]), Err("has no argument to mirror"));
    assert_eq!(check(r#"{"region":"US"}"#, &all[..1]), Err("differs from the argument"));
    assert_eq!(check(r#"{"dry":true}"#, &[("mcp-param-dry-run", "True")]), Err("differs from the argument"));
    let encoded = [("mcp-param-region", "=?base64?w6k=?=")];
    assert_eq!(check(r#"{"region":"é"}"#, &encoded), Ok(()));
    assert_eq!(check(r#"{"region":"e"}"#, &encoded), Err("differs from the argument"));
    let bad = [("mcp-param-region", "=?base64?w6k?=")];
    assert_eq!(check(r#"{"region":"é"}"#, &bad), Err("has an invalid base64 value"));
    assert_eq!(with_arguments("{}", |_| check_params(&Headers::default(), &tool(), None)), Ok(()));
}

#[test]
fn integers_are_compared_by_value() {
    let count = |argument: &str, header: &str| {
        check(&format!(r#"{{"limit":{{"count":{argument}}}}}"#), &[("mcp-param-count", header)])
    };
    for (argument, header) in [
        ("42", "42.0"),
        ("42.0", "42"),
        ("4.2e1", "42"),
        ("-0", "0"),
        ("420e-1", "42"),
        ("0e5", "0"),
        ("1.5", "1.5"),
    ] {
        assert_eq!(count(argument, header), Ok(()), "{argument} {header}");
    }
    for (argument, header) in [
        ("42", "43"),
        ("42", "-42"),
        ("42", ""),
        ("42", "x"),
        ("42", "42.5"),
        ("\"42\"", "42.0"),
        ("1.5", "2"),
        ("9007199254740993", "9007199254740992"),
        ("1e400", "1"),
    ] {
        assert_eq!(count(argument, header), Err("differs from the argument"), "{argument} {header}");
    }
    assert_eq!(count("{}", "1"), Err("differs from the argument"));
}
