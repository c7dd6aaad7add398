//! The settings of a story: a file in its folder, filled in.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::Value;
use toml::Table;

use crate::dev::settings::{ISSUER, endpoint};

/// What is different with every start.
pub(super) struct Place<'a> {
    pub(super) port: u16,
    /// The key set that signs tokens, as JSON text.
    pub(super) jwks: &'a str,
    /// Addresses of servers, by alias.
    pub(super) servers: &'a [(&'static str, &'a str)],
    /// By whose calendar days begin.
    pub(super) zone: &'static str,
    /// What compares questions.
    pub(super) model: &'static str,
}

/// The settings, filled in.
pub(super) struct Settings {
    /// The TOML text.
    pub(super) text: String,
    /// Its tenants.
    pub(super) tenants: Value,
    /// Their agents, each once. Each is its client.
    pub(super) agents: Vec<String>,
}

impl Settings {
    /// Fills in `text`.
    pub(super) fn fill(text: &str, place: &Place<'_>) -> Result<Self> {
        let text = text
            .replace("{ISSUER}", ISSUER)
            .replace("{ENDPOINT}", &endpoint(place.port))
            .replace("{HOST}", &format!("127.0.0.1:{}", place.port))
            .replace("{JWKS}", place.jwks)
            .replace("{ZONE}", place.zone)
            .replace("{MODEL}", place.model);
        let put = |text: String, (alias, url): &(&str, &str)| {
            text.replace(&format!("{{{}}}", alias.to_ascii_uppercase()), url)
        };
        let text = place.servers.iter().fold(text, put);
        let table: Table = text.parse().context("the settings of the demo are not TOML")?;
        let tenants = serde_json::to_value(&table)?["tenants"].take();
        let named = tenants.as_object().context("the settings of the demo have no tenants")?.values();
        let agents: BTreeSet<String> = named
            .filter_map(|tenant| tenant["agents"].as_object())
            .flat_map(|agents| agents.keys().cloned())
            .collect();
        Ok(Self { text, tenants, agents: agents.into_iter().collect() })
    }
}

/// The time zone of a story: one in which no day ends while it runs, as that would begin every quota anew.
pub(super) fn zone() -> Result<&'static str> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(zone_at(seconds / 3_600 % 24))
}

/// London's midnight is at 23 or 0 o'clock UTC, New York's at 4 or 5.
fn zone_at(hour_utc: u64) -> &'static str {
    if (1..22).contains(&hour_utc) { "Europe/London" } else { "America/New_York" }
}

#[cfg(test)]
mod tests {
    use super::{Place, Settings, zone_at};

    const TRADING: &str = include_str!("../../../demo/trading/settings.toml");
    const BILLING: &str = include_str!("../../../demo/billing/settings.toml");
    const HELPDESK: &str = include_str!("../../../demo/helpdesk/settings.toml");

    #[test]
    fn the_settings_are_filled_in_whole() {
        let servers = [
            ("ledger", "http://l"),
            ("market", "http://m"),
            ("billing", "http://b"),
            ("crm", "http://c"),
            ("mail", "http://p"),
            ("itsm", "http://i"),
        ];
        let place = Place { port: 1, jwks: "KEYS", servers: &servers, zone: "UTC", model: "static" };
        for (text, agents, tenant, alias, url) in [
            (TRADING, 8, "desk", "ledger", "http://l"),
            (BILLING, 3, "sister", "crm", "http://c"),
            (HELPDESK, 3, "brightwater", "itsm", "http://i"),
        ] {
            let settings = Settings::fill(text, &place).unwrap();
            let braced = |text: &str| {
                let name = text.split('}').next().unwrap_or_default();
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase())
            };
            assert!(!settings.text.split('{').skip(1).any(braced), "{}", settings.text);
            assert_eq!(settings.agents.len(), agents);
            assert_eq!(settings.tenants[tenant]["upstreams"][alias]["url"], url);
        }
    }

    #[test]
    fn no_day_ends_in_the_zone_for_an_hour() {
        for (hour, zone) in [(0, "America/New_York"), (1, "Europe/London"), (21, "Europe/London")] {
            assert_eq!(zone_at(hour), zone);
        }
        assert_eq!(zone_at(22), "America/New_York");
    }
}
