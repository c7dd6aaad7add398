//! The settings of the trading desk: a file in `deploy/demo/trading`, filled in.

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
    pub(super) ledger: &'a str,
    pub(super) market: &'a str,
    /// By whose calendar days begin.
    pub(super) zone: &'static str,
}

/// The settings, filled in.
pub(super) struct Settings {
    /// The TOML text.
    pub(super) text: String,
    /// The desk's part of it.
    pub(super) tenant: Value,
    /// Its agents. Each is its client.
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
            .replace("{LEDGER}", place.ledger)
            .replace("{MARKET}", place.market)
            .replace("{ZONE}", place.zone);
        let table: Table = text.parse().context("the settings of the demo are not TOML")?;
        let settings = serde_json::to_value(&table)?;
        let tenant = settings["tenants"]["desk"].clone();
        let agents = tenant["agents"].as_object().context("the settings of the demo have no agents")?;
        let agents = agents.keys().cloned().collect();
        Ok(Self { text, tenant, agents })
    }
}

/// The time zone of the desk: one in which no day ends while the demo runs, as that would begin every quota anew.
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

    const TEXT: &str = include_str!("../../../demo/trading/settings.toml");

    #[test]
    fn the_settings_are_filled_in_whole() {
        let place = Place { port: 1, jwks: "KEYS", ledger: "http://l", market: "http://m", zone: "UTC" };
        let settings = Settings::fill(TEXT, &place).unwrap();
        // What is left are inline tables.
        assert_eq!(settings.text.matches('{').count(), settings.text.matches("= {").count());
        assert_eq!(settings.agents.len(), 8);
        assert_eq!(settings.tenant["upstreams"]["ledger"]["url"], "http://l");
    }

    #[test]
    fn no_day_ends_in_the_zone_for_an_hour() {
        for (hour, zone) in [(0, "America/New_York"), (1, "Europe/London"), (21, "Europe/London")] {
            assert_eq!(zone_at(hour), zone);
        }
        assert_eq!(zone_at(22), "America/New_York");
    }
}
