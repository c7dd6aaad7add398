//! What a person copies into an MCP client, and what to try first.

use serde_json::{Value, json};

/// How the gateway is reached.
pub(crate) struct Access {
    pub(crate) endpoint: String,
    pub(crate) token: Option<String>,
}

impl Access {
    /// The line of `--json`.
    pub(crate) fn line(&self) -> String {
        // Written out, because `json!` would sort the keys.
        let (endpoint, token) = (json!(self.endpoint), json!(self.token));
        format!(r#"{{"ready":true,"endpoint":{endpoint},"token":{token}}}"#)
    }

    /// Settings for the usual clients.
    pub(crate) fn clients(&self) -> String {
        let mut server = json!({ "type": "http", "url": self.endpoint });
        let mut cursor = json!({ "url": self.endpoint });
        let mut header = String::new();
        if let Some(token) = &self.token {
            let value = format!("Bearer {token}");
            header = format!(" \\\n      --header \"Authorization: {value}\"");
            for target in [&mut server, &mut cursor] {
                target["headers"] = json!({ "Authorization": value });
            }
        }
        let endpoint = &self.endpoint;
        format!(
            "  Claude Code   claude mcp add --transport http postern {endpoint}{header}\n\
             \n  VS Code       .vscode/mcp.json\n{}\
             \n  Cursor        .cursor/mcp.json\n{}\
             \n  Inspector     npx @modelcontextprotocol/inspector --cli {endpoint} --transport http \\\n      \
             --method tools/list{header}\n",
            indented(&json!({ "servers": { "postern": server } })),
            indented(&json!({ "mcpServers": { "postern": cursor } })),
        )
    }
}

/// JSON for a person, moved right.
fn indented(value: &Value) -> String {
    format!("{value:#}").lines().map(|line| format!("      {line}\n")).collect()
}

/// What to ask an agent that is connected to the demo servers.
pub(crate) const DEMO_IDEAS: &str =
    "  \"Which invoices of customer C-1001 are open, and what is on them?\"      (billing)
  \"How long does a VPN session of a contractor last?\"                     (helpdesk)
  \"Quote ACME, then show the ledger.\"                                     (market)
";

#[cfg(test)]
mod tests {
    use super::Access;

    #[test]
    fn an_anonymous_gateway_shows_no_header() {
        let access = Access { endpoint: "http://127.0.0.1:1/mcp".into(), token: None };
        assert_eq!(access.line(), r#"{"ready":true,"endpoint":"http://127.0.0.1:1/mcp","token":null}"#);
        assert!(!access.clients().contains("Authorization"));
    }

    #[test]
    fn a_token_is_in_every_client() {
        let access = Access { endpoint: "http://127.0.0.1:1/mcp".into(), token: Some("t0k".into()) };
        assert_eq!(access.clients().matches("Bearer t0k").count(), 4);
    }
}
