//! What `dev` needs to know of the settings that a user brings.

use anyhow::{Result, bail};
use toml::de::{DeTable, DeValue};

use crate::dev::token::{Grant, KeyPair};
use crate::model;

/// The path of the endpoint of each tenant: `path`, else `/t/NAME/mcp`.
pub(crate) fn endpoints(text: &str) -> Result<Vec<String>> {
    let settings = parse(text)?;
    let Some(tenants) = table(&settings, "tenants") else { bail!("the settings have no tenant") };
    Ok(tenants
        .iter()
        .map(|(name, tenant)| {
            let path = tenant.get_ref().as_table().and_then(|tenant| string(tenant, "path"));
            path.map_or_else(|| format!("/t/{}/mcp", name.get_ref()), str::to_owned)
        })
        .collect())
}

/// What a development token must hold, if the settings trust the development key: an issuer with `development = true`
/// whose `jwks` has its public half, and an agent of that issuer.
pub(crate) fn grant(text: &str, key: &KeyPair) -> Result<Option<Grant>> {
    let settings = parse(text)?;
    let (Some(issuers), Some(tenants)) = (table(&settings, "issuers"), table(&settings, "tenants")) else {
        return Ok(None);
    };
    for (name, issuer) in issuers.iter() {
        let Some(issuer) = issuer.get_ref().as_table() else { continue };
        if !string(issuer, "jwks").is_some_and(|jwks| key.is_in(jwks)) {
            continue;
        }
        let agents = tenants.values().filter_map(|tenant| table(tenant.get_ref().as_table()?, "agents"));
        let client = agents.flat_map(|agents| agents.values()).find_map(|agent| {
            let agent = agent.get_ref().as_table()?;
            let issued = string(agent, "issuer").is_none_or(|issuer| issuer == name.get_ref());
            issued.then(|| string(agent, "client")).flatten()
        });
        let audience = issuer.get("audiences").and_then(|list| list.get_ref().as_array());
        let audience = audience.and_then(|list| list.first()).and_then(|first| first.get_ref().as_str());
        if let (Some(url), Some(audience), Some(client)) = (string(issuer, "url"), audience, client) {
            return Ok(Some(Grant { issuer: url.into(), audience: audience.into(), client: client.into() }));
        }
    }
    Ok(None)
}

/// Whether any tenant's cache takes the model that is not in the repository.
pub(crate) fn takes_encoder(text: &str) -> Result<bool> {
    let settings = parse(text)?;
    let model = |tenant: &DeValue<'_>| {
        let cache = table(tenant.as_table()?, "cache")?;
        Some(string(cache, "model")? == model::NAME)
    };
    let tenants = table(&settings, "tenants");
    Ok(tenants.is_some_and(|tenants| tenants.values().any(|tenant| model(tenant.get_ref()) == Some(true))))
}

fn parse(text: &str) -> Result<DeTable<'_>> {
    match DeTable::parse(text) {
        Ok(settings) => Ok(settings.into_inner()),
        Err(error) => bail!("the settings are not TOML: {error}"),
    }
}

fn table<'a, 'i>(parent: &'a DeTable<'i>, key: &str) -> Option<&'a DeTable<'i>> {
    parent.get(key).and_then(|value| value.get_ref().as_table())
}

fn string<'a>(parent: &'a DeTable<'_>, key: &str) -> Option<&'a str> {
    parent.get(key).map(toml::Spanned::get_ref).and_then(DeValue::as_str)
}

#[cfg(test)]
mod tests {
    use super::{endpoints, grant, takes_encoder};
    use crate::dev::token::KeyPair;

    const SETTINGS: &str = r#"
        [issuers.company]
        url = "https://login.example"
        [issuers.dev]
        development = true
        url = "https://dev.example"
        audiences = ["a", "b"]
        jwks = '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"PUBLIC","kid":"dev"}]}'
        [tenants.acme]
        [tenants.acme.agents.support]
        issuer = "company"
        client = "not-this"
        [tenants.acme.agents.developer]
        issuer = "dev"
        client = "me"
        [tenants.other]
        path = "/mcp"
    "#;

    #[test]
    fn endpoints_have_their_path_or_the_tenants() {
        assert_eq!(endpoints(SETTINGS).unwrap(), ["/t/acme/mcp", "/mcp"]);
        assert!(endpoints("version = 1").is_err());
        assert!(endpoints("version = ").is_err());
    }

    #[test]
    fn a_token_is_made_for_an_issuer_that_trusts_the_key() {
        let key =
            |x: &str| KeyPair::of(&format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}]}}"#));
        let granted = grant(SETTINGS, &key("PUBLIC").unwrap()).unwrap().unwrap();
        assert_eq!(
            [granted.issuer.as_str(), granted.audience.as_str(), granted.client.as_str()],
            ["https://dev.example", "a", "me"]
        );
        assert!(grant(SETTINGS, &key("OTHER").unwrap()).unwrap().is_none());
    }

    #[test]
    fn the_encoder_is_taken_when_a_tenant_names_it() {
        for (settings, taken) in [
            ("[tenants.a]\n[tenants.b.cache]\nmodel = 'encoder'", true),
            ("[tenants.a.cache]\nmodel = 'static'", false),
            ("[cache]\nmodel = 'encoder'", false),
            (SETTINGS, false),
        ] {
            assert_eq!(takes_encoder(settings).unwrap(), taken, "{settings}");
        }
    }
}
