//! The settings that the gateway is measured with. The list is data: a control that comes later is one more row.

use std::fmt::Write as _;
use std::net::SocketAddr;

use anyhow::Result;

use crate::token;
use crate::upstream::TOOLS;

/// The alias of the measured upstream; further ones are `bench2`, `bench3`...
pub const ALIAS: &str = "bench";
/// The agent's name in the settings and its `client_id` in the token.
pub const CLIENT: &str = "developer";
/// The issuer of the token.
pub const ISSUER: &str = "https://bench.postern.invalid";

/// One way to run the gateway.
pub struct Setting {
    /// Name in the report.
    pub name: &'static str,
    /// No token is asked for.
    pub anonymous: bool,
    /// Number of upstreams behind the gateway; the first one is called.
    pub upstreams: usize,
    /// Tools of each upstream.
    pub tools: usize,
    /// The agent's `allow` list.
    pub allow: &'static str,
    /// It is asked [`crate::call::Work::Round`], so that what it has kept comes from the store.
    pub rounds: bool,
    /// Further lines of the tenant, for controls of later stages.
    pub more: &'static str,
}

const STANDARD: Setting = Setting {
    name: "token",
    anonymous: false,
    upstreams: 1,
    tools: TOOLS,
    allow: r#""*""#,
    rounds: false,
    more: "",
};

/// The first is the one that all sections use; the sections `settings`, `limits`, `redaction` and `cache` compare several.
pub const SETTINGS: &[Setting] = &[
    STANDARD,
    Setting { name: "anonymous", anonymous: true, ..STANDARD },
    Setting {
        name: "token, narrow allow list",
        allow: r#""nothing__*", "other__*", "bench__result_*""#,
        ..STANDARD
    },
    Setting { name: "token, 200 tools", tools: 200, ..STANDARD },
    Setting { name: "token, 10 upstreams", upstreams: 10, ..STANDARD },
    Setting { name: "no loop breaker", more: "loop = { mode = \"off\" }\n", ..STANDARD },
    Setting {
        name: "two limits",
        more: "limits = [
            { name = \"rate\", kind = \"rate\", limit = 10000 },
            { name = \"daily\", kind = \"quota\", limit = 1000000, window = \"day\" },
        ]\n",
        ..STANDARD
    },
    Setting {
        name: "two limits, leased",
        more: "limits = [
            { name = \"rate\", kind = \"rate\", limit = 10000, precision = \"lease\" },
            { name = \"daily\", kind = \"quota\", limit = 1000000, window = \"day\", precision = \"lease\" },
        ]\n",
        ..STANDARD
    },
    Setting {
        name: "tokens",
        more: "limits = [
            { name = \"context\", kind = \"tokens\", limit = 100000000000, window = \"day\" },
        ]\n",
        ..STANDARD
    },
    Setting {
        name: "redact off",
        more: "redact = { inspect = \"off\", reason = \"a benchmark\" }\n",
        ..STANDARD
    },
    Setting { name: "redact secrets", more: "redact = { inspect = \"secrets_only\" }\n", ..STANDARD },
    Setting { name: "redact", more: "redact = {}\n", ..STANDARD },
    Setting {
        name: "kept",
        more: "tools = { \"*\" = { cache = { mode = \"exact\" } } }\nloop = { mode = \"off\" }\n",
        ..STANDARD
    },
    Setting {
        name: "kept in KV",
        rounds: true,
        more: "tools = { \"*\" = { cache = { mode = \"exact\", ttl_s = 3600 } } }\nloop = { mode = \"off\" }\n",
        ..STANDARD
    },
];

impl Setting {
    /// The settings text for a gateway on `own` in front of `upstream`, and the agent's token.
    pub fn compile(&self, upstream: SocketAddr, own: SocketAddr) -> Result<(String, Option<String>)> {
        let endpoint = format!("http://{own}/mcp");
        let mut text = String::from("version = 1\n");
        let mut bearer = None;
        if !self.anonymous {
            let (jwks, signed) = token::mint(ISSUER, &endpoint, CLIENT)?;
            bearer = Some(signed);
            write!(
                text,
                "[issuers.bench]\ndevelopment = true\njwks = '{jwks}'\nurl = \"{ISSUER}\"\naudiences = [\"{endpoint}\"]\n\
                 algorithms = [\"EdDSA\"]\ntyp = \"at+jwt\"\nagent_claim = \"client_id\"\n"
            )?;
        }
        let who = if self.anonymous { "anonymous = true" } else { "issuers = [\"bench\"]" };
        write!(
            text,
            "[tenants.bench]\npath = \"/mcp\"\nhosts = [\"{own}\"]\norigins = []\n{who}\n{}",
            self.more
        )?;
        let agent = if self.anonymous { "anonymous" } else { CLIENT };
        writeln!(text, "[tenants.bench.agents.{agent}]")?;
        if !self.anonymous {
            writeln!(text, "issuer = \"bench\"\nclient = \"{CLIENT}\"")?;
        }
        writeln!(text, "allow = [{}]", self.allow)?;
        for number in 1..=self.upstreams {
            let alias = if number == 1 { ALIAS.to_owned() } else { format!("{ALIAS}{number}") };
            write!(
                text,
                "[tenants.bench.upstreams.{alias}]\nurl = \"http://{upstream}/mcp/{}/{number}\"\nera = \"modern\"\n\
                 insecure = true\n",
                self.tools
            )?;
        }
        Ok((text, bearer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateway_accepts_every_setting() {
        let address = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        for setting in SETTINGS {
            let (text, token) = setting.compile(address(8791), address(8787)).unwrap();
            let none = |_: &str| None;
            let (bundle, _) = postern::compile::check(&text, &none).unwrap_or_else(|problems| {
                panic!("{}: {problems}\n{text}", setting.name);
            });
            let tenant = bundle.tenant("/mcp").unwrap();
            assert_eq!(tenant.upstreams.len(), setting.upstreams, "{}", setting.name);
            assert_eq!(token.is_none(), setting.anonymous, "{}", setting.name);
        }
    }
}
