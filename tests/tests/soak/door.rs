//! Where clients knock: the gateway with a principal's token, or an upstream itself. Makes the requests of both eras.

use std::net::SocketAddr;

use postern_tests::client::Call;
use postern_tests::request::HOST;
use serde_json::{Value, json};

use crate::{legacy, modern};

/// An endpoint as a client sees it.
#[derive(Debug, Clone)]
pub struct Door {
    pub address: SocketAddr,
    /// The bearer token; none at an upstream.
    pub token: Option<String>,
}

impl Door {
    fn call(&self, http: &str, headers: &[(&str, &str)], body: &Value) -> Call {
        let mut all = vec![("host", HOST)];
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        all.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        all.extend(headers);
        let headers = all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        Call { method: http.to_owned(), path: "/mcp".to_owned(), headers, body }
    }

    /// A request of 2026-07-28. `params` are those besides `_meta`.
    pub fn modern(&self, id: &Value, method: &str, name: &str, mut params: Value) -> Call {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": modern::REVISION,
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let mut headers = vec![
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("mcp-protocol-version", modern::REVISION),
            ("mcp-method", method),
        ];
        if !name.is_empty() {
            headers.push(("mcp-name", name));
        }
        self.call("POST", &headers, &json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
    }

    /// A request or (without an id) a notification of 2025-11-25.
    pub fn legacy(&self, session: Option<&str>, id: &Value, method: &str, params: &Value) -> Call {
        let mut headers =
            vec![("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
        within(session, &mut headers);
        let mut body = json!({"jsonrpc": "2.0", "method": method, "params": params});
        if !id.is_null() {
            body["id"] = id.clone();
        }
        self.call("POST", &headers, &body)
    }

    /// The listening stream of a session, behind the last event that is known.
    pub fn listening(&self, session: &str, last: Option<&str>) -> Call {
        let mut headers = vec![("accept", "text/event-stream")];
        within(Some(session), &mut headers);
        headers.extend(last.map(|last| ("last-event-id", last)));
        self.call("GET", &headers, &Value::Null)
    }

    /// The end of a session.
    pub fn ending(&self, session: &str) -> Call {
        let mut headers = Vec::new();
        within(Some(session), &mut headers);
        self.call("DELETE", &headers, &Value::Null)
    }

    /// The request that begins a session.
    pub fn hello(&self) -> Call {
        let info = json!({"name": "soak", "version": "1"});
        let params = json!({"protocolVersion": legacy::REVISION, "capabilities": {}, "clientInfo": info});
        self.legacy(None, &json!("hello"), "initialize", &params)
    }
}

fn within<'a>(session: Option<&'a str>, headers: &mut Vec<(&'a str, &'a str)>) {
    if let Some(session) = session {
        headers.extend([("mcp-session-id", session), ("mcp-protocol-version", legacy::REVISION)]);
    }
}
