//! The configuration of this isolate: read once, and from KV again behind a request when it has aged.

use crate::host::Call;
use postern::Gateway;
use postern::mcp::seal::Sealer;
use postern::settings::Settings;
use std::cell::RefCell;
use std::rc::Rc;
use worker::{Context, Env};

/// The variable that holds the settings, or says where they are.
const CONFIG: &str = "POSTERN_CONFIG";
/// The secret with the sealing keys.
const SEAL_KEYS: &str = "POSTERN_SEAL_KEYS";

/// How long settings from KV serve before they are read again, behind a request, in ms.
const FRESH_MS: f64 = 30_000.0;

/// What this isolate runs on.
struct Loaded {
    gateway: Rc<Gateway>,
    text: String,
    read_ms: f64,
}

thread_local! {
    // Isolates serve many requests one at a time; a gateway is immutable but for its own caches.
    static LOADED: RefCell<Option<Loaded>> = const { RefCell::new(None) };
}

/// The gateway of this isolate: compiled at its first request, and anew when the settings in KV have changed.
pub async fn gateway(call: &Call) -> Result<Rc<Gateway>, String> {
    if let Some(gateway) = current(call) {
        return Ok(gateway);
    }
    let env = call.env().into();
    let text = settings(&env).await?;
    let gateway = compile(&env, &text)?;
    keep(&gateway, text);
    Ok(gateway)
}

fn keep(gateway: &Rc<Gateway>, text: String) {
    let read_ms = js_sys::Date::now();
    LOADED.set(Some(Loaded { gateway: Rc::clone(gateway), text, read_ms }));
}

fn current(call: &Call) -> Option<Rc<Gateway>> {
    LOADED.with_borrow_mut(|loaded| {
        let loaded = loaded.as_mut()?;
        let now = js_sys::Date::now();
        if now - loaded.read_ms > FRESH_MS {
            // Marked first: the requests of the next half minute do not read it again.
            loaded.read_ms = now;
            let env = Env::from(call.env());
            if variable(&env).is_ok_and(|config| config.starts_with("kv:")) {
                Context::new(call.context()).wait_until(refresh(env));
            }
        }
        Some(Rc::clone(&loaded.gateway))
    })
}

/// Reads the settings again. Ones that cannot be read or do not compile are named in the log, and the old ones
/// serve on.
async fn refresh(env: Env) {
    let text = match settings(&env).await {
        Ok(text) => text,
        Err(problem) => return worker::console_error!("postern: {problem}"),
    };
    if LOADED.with_borrow(|loaded| loaded.as_ref().is_some_and(|loaded| loaded.text == text)) {
        return;
    }
    match compile(&env, &text) {
        Ok(gateway) => keep(&gateway, text),
        Err(problem) => worker::console_error!("postern: the new settings are not taken: {problem}"),
    }
}

fn variable(env: &Env) -> Result<String, String> {
    text(env, CONFIG)
        .ok_or(format!("{CONFIG} is not set: put the settings there, or kv:KEY for a value in POSTERN_KV"))
}

async fn settings(env: &Env) -> Result<String, String> {
    let config = variable(env)?;
    let Some(key) = config.strip_prefix("kv:") else { return Ok(config) };
    let kv =
        env.kv("POSTERN_KV").map_err(|_| format!("{CONFIG} names {config}, but POSTERN_KV is not bound"))?;
    let value = kv.get(key).text().await.map_err(|error| format!("POSTERN_KV cannot be read: {error}"))?;
    value.ok_or(format!(
        "POSTERN_KV has no value {key}: `wrangler kv key put {key} --path FILE` puts one there"
    ))
}

fn compile(env: &Env, settings: &str) -> Result<Rc<Gateway>, String> {
    let settings = Settings::parse(settings).map_err(|problems| problems.to_string())?;
    let secrets = |name: &str| text(env, name);
    let (bundle, warnings) =
        postern::compile::compile(&settings, &secrets).map_err(|problems| problems.to_string())?;
    for warning in warnings {
        worker::console_warn!("postern: {warning}");
    }
    let keys = text(env, SEAL_KEYS).ok_or(format!(
        "{SEAL_KEYS} is not set: `wrangler secret put {SEAL_KEYS}` with kid:BASE64 of 32 random bytes"
    ))?;
    let sealer = Sealer::from_keys(&keys).map_err(|error| format!("{SEAL_KEYS}: {error}"))?;
    Ok(Gateway::new(bundle, sealer))
}

/// A variable or secret; both are text bindings.
fn text(env: &Env, name: &str) -> Option<String> {
    env.var(name).ok().map(|value| value.to_string())
}
