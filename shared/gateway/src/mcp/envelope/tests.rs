use super::*;
use crate::limits::REQUEST;

fn read(text: &str) -> Result<Message, EnvelopeError> {
    let json = Json::parse(text.as_bytes(), &REQUEST)?;
    Message::read(&json, json.root())
}

fn refused(text: &str) -> (Option<String>, &'static str) {
    match read(text).expect_err(text) {
        EnvelopeError::Invalid { id, why } => (id, why),
        EnvelopeError::Json(error) => panic!("{text}: {error}"),
    }
}

#[test]
fn reads_the_three_kinds() {
    let text = r#"{"id":"a","method":"tools/call","jsonrpc":"2.0","params":{"_meta":{}},"x":1}"#;
    let json = Json::parse(text.as_bytes(), &REQUEST).unwrap();
    let Ok(Message::Request(request)) = Message::read(&json, json.root()) else { panic!() };
    assert_eq!(request.method, Method::ToolsCall);
    assert_eq!((json.raw(request.id), json.raw(request.meta.unwrap())), ("\"a\"", "{}"));
    assert!(matches!(read(r#"{"jsonrpc":"2.0","method":"x"}"#), Ok(Message::Notification(_))));
    assert!(matches!(
        read(r#"{"result":{},"jsonrpc":"2.0","id":0}"#),
        Ok(Message::Response(Response { outcome: Outcome::Result(_), id: Some(_), .. }))
    ));
    for id in [r#","id":null"#, ""] {
        let text = format!(r#"{{"jsonrpc":"2.0","error":{{"code":0,"message":""}}{id}}}"#);
        assert!(matches!(
            read(&text),
            Ok(Message::Response(Response { outcome: Outcome::Error(_), id: None, .. }))
        ));
    }
}

#[test]
fn ids_of_any_number_or_string_are_kept() {
    for id in ["0", "-1", "1.5", "1e2", "12345678901234567890123", "\"\"", "\"\\u0061\""] {
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        let json = Json::parse(text.as_bytes(), &REQUEST).unwrap();
        let Ok(Message::Request(request)) = Message::read(&json, json.root()) else { panic!("{id}") };
        assert_eq!(json.raw(request.id), id);
    }
    for id in ["null", "true", "{}", "[1]"] {
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        assert_eq!(refused(&text), (None, "`id` must be a string or a number"));
    }
}

#[test]
fn refuses_what_is_no_message() {
    for text in [
        "1",
        "[]",
        "{}",
        r#"{"id":1,"method":"x"}"#,
        r#"{"jsonrpc":"1.0","id":1,"method":"x"}"#,
        r#"{"jsonrpc":2.0,"id":1,"method":"x"}"#,
        r#"{"jsonrpc":"2.0","id":1}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"x","result":{}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"x","error":{"code":1,"message":""}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":[]}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":null}"#,
        r#"{"jsonrpc":"2.0","result":{}}"#,
        r#"{"jsonrpc":"2.0","id":null,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#,
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":""}}"#,
        r#"{"jsonrpc":"2.0","id":true,"error":{"code":1,"message":""}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"x","params":[]}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"x","params":null}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":[]}}"#,
    ] {
        refused(text);
    }
    let (id, _) = refused(r#"{"jsonrpc":"2.0","id":"k\u0041","method":"x","params":[]}"#);
    assert_eq!(id.as_deref(), Some(r#""k\u0041""#));
    assert_eq!(read("{").unwrap_err().code(), -32700);
    assert_eq!(read("{}").unwrap_err().code(), -32600);
}

#[test]
fn look_alike_names_are_refused() {
    let root = |name: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","{name}":1}}"#);
    let params = |name: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{{"{name}":1}}}}"#);
    let meta = |name: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{{"_meta":{{"{name}":1}}}}}}"#)
    };
    for name in ["Method", "METHOD", "re\\u0053ult", "param\u{17f}", "ℯrror"] {
        read(&root(name)).unwrap_err();
    }
    for name in ["methods", "metho", "\u{17f}", "λ", "extra"] {
        read(&root(name)).unwrap();
    }
    for name in [
        "Name",
        "nAME",
        "\\u004eame",
        "ｎａｍｅ",
        "ＮＡＭＥ",
        "𝐧𝐚𝐦𝐞",
        "𝗡𝗮𝗺𝗲",
        "𝚗𝚊𝚖𝚎",
        "ta\u{17f}k",
        "tas\u{212a}",
        "tas\\u212a",
        "＿meta",
        "Uri",
        "argumentS",
        "requeststate",
        "task\u{2139}d",
        "URI",
    ] {
        read(&params(name)).expect_err(name);
    }
    for name in
        ["io.modelcontextprotocol/ProtocolVersion", "ProgressToken", "io．modelcontextprotocol/clientInfo"]
    {
        read(&meta(name)).unwrap_err();
    }
    for name in ["names", "nam", "ñame", "Arg", "_Meta2", "λ", "traceparent"] {
        read(&params(name)).unwrap();
        read(&meta(name)).unwrap();
    }
}
