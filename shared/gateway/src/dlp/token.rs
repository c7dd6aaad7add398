//! Access tokens by client credentials (RFC 6749, 4.4): one for all requests, renewed before it runs out.
//!
//! As everywhere, no request waits for another's future: the first writes a claim and asks, the others look again on
//! timers of their own. A request that is dropped while it asks, at its deadline, leaves the asking for after the
//! answer, so that a slow token endpoint costs some requests and not all.

use super::Why;
use super::wire::Wire;
use crate::limits;
use crate::mcp::{Bounds, Json};
use crate::platform::{Body, HttpMethod, Outgoing, Platform};
use crate::tenant::{ClientCredential, Credential};
use crate::within::within;
use serde_json::Value;
use std::cell::{Cell, RefCell};

/// Deadline for a token, in ms.
const TOKEN_MS: u32 = 10_000;
/// A token that runs out sooner is renewed behind a request, and one that runs out sooner still not used, in ms.
const RENEW_MS: u64 = 5 * 60_000;
const SPARE_MS: u64 = 30_000;
/// The life of a token whose answer says none, and the longest that is believed, in seconds.
const LIFE_S: u64 = 300;
const LONGEST_LIFE_S: u64 = 24 * 3_600;
/// How long a claim stands, in ms: as long as the asking may take.
const CLAIM_MS: u64 = TOKEN_MS as u64;
/// No asking for so long after one that failed, in ms.
const RETRY_MS: u64 = 1_000;
/// Between two looks at what another does, in ms.
const PAUSE_MS: u32 = 10;
/// Largest answer of a token endpoint, in bytes.
const ANSWER_BYTES: usize = 64 * 1024;

/// The token of one service, if there is one.
#[derive(Default)]
pub(super) struct Tokens {
    token: RefCell<Option<Token>>,
    claimed_until_ms: Cell<u64>,
    retry_from_ms: Cell<u64>,
}

struct Token {
    credential: Credential,
    until_ms: u64,
}

impl Tokens {
    /// Forgets a token that was refused, unless there is another by now.
    pub fn forget(&self, refused: &Credential) {
        let mut token = self.token.borrow_mut();
        if token.as_ref().is_some_and(|token| token.credential == *refused) {
            *token = None;
        }
    }

    /// The token, and how long it can be used.
    fn usable(&self, now_ms: u64) -> Option<(Credential, u64)> {
        let token = self.token.borrow();
        let token = token.as_ref()?;
        let left = token.until_ms.saturating_sub(now_ms);
        (left > SPARE_MS).then(|| (token.credential.clone(), left))
    }
}

/// A token that can be used now.
pub(super) async fn token<P: Platform>(wire: &Wire<P>, client: &ClientCredential) -> Result<Credential, Why> {
    let tokens = &wire.memory.tokens;
    // Ends: each round returns, or waits for a claim that runs out.
    loop {
        let now = wire.platform.now_ms();
        let busy = now < tokens.claimed_until_ms.get();
        match tokens.usable(now) {
            Some((credential, left)) => {
                if left < RENEW_MS && !busy && now >= tokens.retry_from_ms.get() {
                    behind(wire, client);
                }
                return Ok(credential);
            }
            None if busy => wire.platform.sleep(PAUSE_MS).await,
            None if now < tokens.retry_from_ms.get() => return Err(Why::Credential),
            None => {
                let mut claim = Claim::new(wire, client);
                let renewed = renew(wire, client).await;
                claim.done = true;
                drop(claim);
                renewed?;
            }
        }
    }
}

/// The right to ask. Dropped before the answer, it leaves the asking for later.
struct Claim<'a, P: Platform> {
    wire: &'a Wire<P>,
    client: &'a ClientCredential,
    done: bool,
}

impl<'a, P: Platform> Claim<'a, P> {
    fn new(wire: &'a Wire<P>, client: &'a ClientCredential) -> Self {
        let until = wire.platform.now_ms().saturating_add(CLAIM_MS);
        wire.memory.tokens.claimed_until_ms.set(until);
        Self { wire, client, done: false }
    }
}

impl<P: Platform> Drop for Claim<'_, P> {
    fn drop(&mut self) {
        self.wire.memory.tokens.claimed_until_ms.set(0);
        if !self.done {
            behind(self.wire, self.client);
        }
    }
}

/// Renews the token after the answer.
fn behind<P: Platform>(wire: &Wire<P>, client: &ClientCredential) {
    let tokens = &wire.memory.tokens;
    tokens.claimed_until_ms.set(wire.platform.now_ms().saturating_add(CLAIM_MS));
    let (wire, client) = (wire.clone(), client.clone());
    let platform = wire.platform.clone();
    platform.defer(Box::pin(async move {
        // Whoever needs the token finds it, or the failure.
        let _ = renew(&wire, &client).await;
        wire.memory.tokens.claimed_until_ms.set(0);
    }));
}

async fn renew<P: Platform>(wire: &Wire<P>, client: &ClientCredential) -> Result<(), Why> {
    let tokens = &wire.memory.tokens;
    let asked = within(&wire.platform, TOKEN_MS, Box::pin(ask(wire, client))).await.flatten();
    let now = wire.platform.now_ms();
    let Some((token, life_s)) = asked else {
        tokens.retry_from_ms.set(now.saturating_add(RETRY_MS));
        return Err(Why::Credential);
    };
    let credential =
        Credential::Header { name: "authorization".to_owned(), value: format!("Bearer {token}") };
    let until_ms = now.saturating_add(life_s.min(LONGEST_LIFE_S) * 1_000);
    // One whose life is shorter than what is spared would be asked for without end.
    let until_ms = until_ms.max(now.saturating_add(SPARE_MS + 1_000));
    *tokens.token.borrow_mut() = Some(Token { credential, until_ms });
    Ok(())
}

/// The token and its life in seconds.
async fn ask<P: Platform>(wire: &Wire<P>, client: &ClientCredential) -> Option<(String, u64)> {
    let mut body = String::from("grant_type=client_credentials");
    for (name, value) in [
        ("client_id", &client.client_id),
        ("client_secret", &client.client_secret.0),
        ("scope", &client.scope),
    ] {
        if !value.is_empty() {
            body.push_str(&format!("&{name}={}", percent(value)));
        }
    }
    let headers =
        [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")].into_iter();
    let request = Outgoing {
        method: HttpMethod::Post,
        url: client.token_url.clone(),
        headers: headers.collect(),
        body: body.into_bytes(),
    };
    let incoming = wire.platform.fetch(request).await.ok().filter(|incoming| incoming.status == 200)?;
    read(&incoming.body.whole(ANSWER_BYTES).await.ok()?)
}

fn read(body: &[u8]) -> Option<(String, u64)> {
    let bounds = Bounds { bytes: ANSWER_BYTES, ..limits::RESPONSE };
    Json::parse(body, &bounds).ok()?;
    let answer: Value = serde_json::from_slice(body).ok()?;
    let token = answer.get("access_token")?.as_str()?;
    let fits = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    // Some say the seconds as a text.
    let life = answer.get("expires_in");
    let life = life.and_then(|life| life.as_u64().or_else(|| life.as_str()?.parse().ok()));
    fits.then(|| (token.to_owned(), life.unwrap_or(LIFE_S)))
}

/// A value of a form (`application/x-www-form-urlencoded`), or a segment of a path.
pub(super) fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}
