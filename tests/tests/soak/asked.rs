//! What an upstream is asked.

use serde_json::Value;

/// A request with its headers in lower case.
pub struct Asked {
    pub http: String,
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Asked {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The JSON-RPC method, or that of HTTP.
    pub fn method(&self) -> &str {
        self.body["method"].as_str().unwrap_or(&self.http)
    }
}
