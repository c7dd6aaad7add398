//! What an isolate or instance serves: a gateway, compiled at the first request from what the host's variables
//! say, and anew behind a request when the stored settings have changed.

use crate::arrival::Head;
use crate::compile::compile;
use crate::gateway::Gateway;
use crate::mcp::seal::Sealer;
use crate::platform::{Bindings, Body, Platform};
use crate::reply::Reply;
use crate::settings::Settings;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// The variable that holds the settings, or says where they are.
const CONFIG: &str = "POSTERN_CONFIG";
/// The secret with the sealing keys.
const SEAL_KEYS: &str = "POSTERN_SEAL_KEYS";

/// How long stored settings serve before they are read again, behind a request, in ms.
const FRESH_MS: u64 = 30_000;

/// What one isolate or instance runs on. A shell keeps one for each of its threads.
#[derive(Default)]
pub struct Serving(RefCell<Option<Loaded>>);

struct Loaded {
    gateway: Rc<Gateway>,
    text: String,
    /// Whether the text came from a store, where it may change.
    stored: bool,
    read_ms: u64,
}

impl Serving {
    /// Answers one HTTP request. Without settings that compile the answer is 503, and the problems are in the
    /// host's log alone.
    pub async fn handle<H: Platform + Bindings, B: Body>(
        self: &Rc<Self>,
        host: &H,
        head: Head,
        body: B,
    ) -> Reply {
        let gateway = match self.current(host) {
            Some(gateway) => gateway,
            None => match Box::pin(self.load(host)).await {
                Ok(gateway) => gateway,
                Err(problem) => {
                    host.warn(&format!("postern: {problem}"));
                    let body = r#"{"status":"misconfigured","see":"the gateway's log names every problem"}"#;
                    return Reply::json(503, body.to_owned());
                }
            },
        };
        gateway.handle(host, head, body).await
    }

    fn current<H: Platform + Bindings>(self: &Rc<Self>, host: &H) -> Option<Rc<Gateway>> {
        let mut loaded = self.0.borrow_mut();
        let loaded = loaded.as_mut()?;
        if loaded.stored {
            let now = host.now_ms();
            if now.saturating_sub(loaded.read_ms) > FRESH_MS {
                // Marked first: the requests of the next half minute do not read it again.
                loaded.read_ms = now;
                let (serving, behind) = (Rc::clone(self), host.clone());
                host.defer(Box::pin(async move { serving.refresh(&behind).await }));
            }
        }
        Some(Rc::clone(&loaded.gateway))
    }

    /// Reads the settings again. Ones that cannot be read or do not compile are named in the log, and the old
    /// ones serve on.
    async fn refresh<H: Platform + Bindings>(&self, host: &H) {
        if let Err(problem) = self.load(host).await {
            host.warn(&format!("postern: the new settings are not taken: {problem}"));
        }
    }

    async fn load<H: Platform + Bindings>(&self, host: &H) -> Result<Rc<Gateway>, String> {
        let (text, stored) = text(host).await?;
        let settings = Settings::parse(&text).map_err(|problems| problems.to_string())?;
        let mut secrets = HashMap::new();
        for name in settings.secrets().chain([SEAL_KEYS]) {
            if let Some(value) = host.variable(name).await {
                secrets.insert(name.to_owned(), value);
            }
        }
        if let Some(path) = settings.needs_ledger()
            && !host.has_ledger().await
        {
            return Err(format!(
                "{path}: limits are kept in accounts, and this gateway has none: {}; or write `on_fault = \"local\"`, \
                 and each isolate counts by itself",
                H::LEDGER_REMEDY
            ));
        }
        // Nothing is waited for from here on. Of several requests that found nothing, the first one compiles.
        if let Some(loaded) = self.0.borrow().as_ref().filter(|loaded| loaded.text == text) {
            return Ok(Rc::clone(&loaded.gateway));
        }
        let gateway = build(host, &settings, &secrets)?;
        let loaded = Loaded { gateway: Rc::clone(&gateway), text, stored, read_ms: host.now_ms() };
        *self.0.borrow_mut() = Some(loaded);
        Ok(gateway)
    }
}

/// The settings as text, and whether they may change.
async fn text<H: Bindings>(host: &H) -> Result<(String, bool), String> {
    let Some(config) = host.variable(CONFIG).await.filter(|config| !config.trim().is_empty()) else {
        return Err(format!("{CONFIG} is not set: put the settings there, or {}", H::REMEDY));
    };
    let Some((place, name)) = config.split_once(':').filter(|(place, _)| H::PLACES.contains(place)) else {
        return Ok((config, false));
    };
    match host.stored(place, name).await {
        Ok(Some(text)) => Ok((text, true)),
        Ok(None) => Err(format!("{CONFIG} names {config}, and nothing is there: {}", H::REMEDY)),
        Err(problem) => Err(format!("{CONFIG} names {config}, which cannot be read: {problem}")),
    }
}

fn build<H: Bindings>(
    host: &H,
    settings: &Settings,
    secrets: &HashMap<String, String>,
) -> Result<Rc<Gateway>, String> {
    let secret = |name: &str| secrets.get(name).cloned();
    let (bundle, warnings) = compile(settings, &secret).map_err(|problems| problems.to_string())?;
    for warning in warnings {
        host.warn(&format!("postern: {warning}"));
    }
    let keys = secret(SEAL_KEYS)
        .ok_or_else(|| format!("{SEAL_KEYS} is not set: it holds kid:BASE64 of 32 random bytes"))?;
    let sealer = Sealer::from_keys(&keys).map_err(|error| format!("{SEAL_KEYS}: {error}"))?;
    Ok(Gateway::new(bundle, sealer))
}

#[cfg(test)]
mod tests;
