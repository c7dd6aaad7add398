//! The configuration of this isolate: read once, and from KV again behind a request when it has aged.

use postern::Gateway;
use postern::mcp::seal::Sealer;
use postern::settings::Settings;
use std::cell::RefCell;
use std::rc::Rc;

/// The variable that holds the settings, or says where they are.
const CONFIG: &str = "POSTERN_CONFIG";
/// The secret with the sealing keys.
const SEAL_KEYS: &str = "POSTERN_SEAL_KEYS";

thread_local! {
    // Isolates serve many requests one at a time; a gateway is immutable but for its own caches.
    static GATEWAY: RefCell<Option<Rc<Gateway>>> = const { RefCell::new(None) };
}

/// The gateway of this isolate, compiled at its first request.
pub async fn gateway(env: &worker::Env) -> Result<Rc<Gateway>, String> {
    if let Some(gateway) = GATEWAY.with_borrow(Clone::clone) {
        return Ok(gateway);
    }
    let text = settings(env).await?;
    let gateway = compile(env, &text)?;
    GATEWAY.set(Some(Rc::clone(&gateway)));
    Ok(gateway)
}

async fn settings(env: &worker::Env) -> Result<String, String> {
    let config = text(env, CONFIG)
        .ok_or(format!("{CONFIG} is not set: put the settings there, or kv:KEY for a value in POSTERN_KV"))?;
    let Some(key) = config.strip_prefix("kv:") else { return Ok(config) };
    let kv =
        env.kv("POSTERN_KV").map_err(|_| format!("{CONFIG} names {config}, but POSTERN_KV is not bound"))?;
    let value = kv.get(key).text().await.map_err(|error| format!("POSTERN_KV cannot be read: {error}"))?;
    value.ok_or(format!(
        "POSTERN_KV has no value {key}: `wrangler kv key put {key} --path FILE` puts one there"
    ))
}

fn compile(env: &worker::Env, settings: &str) -> Result<Rc<Gateway>, String> {
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
fn text(env: &worker::Env, name: &str) -> Option<String> {
    env.var(name).ok().map(|value| value.to_string())
}
