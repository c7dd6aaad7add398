//! Any header values, schema and arguments: never a panic; values round-trip; a call whose headers the gateway
//! wrote itself passes its own check.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern::limits::REQUEST;
use postern::mcp::headers::{
    Headers, check_params, decode_value, encode_value, param_headers, param_values, retry_after,
};
use postern::mcp::json::{Json, Kind};

fuzz_target!(|input: (String, String, String)| {
    let (value, schema, arguments) = input;
    let _ = decode_value(&value);
    let encoded = encode_value(&value);
    assert!(encoded.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)));
    assert_eq!(decode_value(&encoded).expect("own encoding"), value);

    // Ten thousand years at most.
    assert!(retry_after(&value, 1_795_392_000_000).is_none_or(|ms| ms < 1 << 50));

    let headers = Headers::from_flat(value);
    assert!(headers.iter().all(|(name, _)| headers.any(name).is_some()));
    let (Ok(schema), Ok(arguments)) =
        (Json::parse(schema.as_bytes(), &REQUEST), Json::parse(arguments.as_bytes(), &REQUEST))
    else {
        return;
    };
    let Ok(params) = param_headers(schema.value(schema.root())) else { return };
    let arguments = Some(arguments.value(arguments.root())).filter(|raw| raw.kind() == Kind::Object);
    let _ = check_params(&headers, &params, arguments);
    let own = Headers::from_pairs(param_values(&params, arguments));
    check_params(&own, &params, arguments).expect("own headers");
});
