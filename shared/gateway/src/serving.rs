//! What an isolate or instance serves: a gateway, compiled at the first request from what the host's variables
//! say, and anew behind a request when the stored settings have changed.

mod change;
mod stored;

use crate::arrival::Head;
use crate::compile::{Warnings, check_read};
use crate::gateway::Gateway;
use crate::mcp::seal::Sealer;
use crate::platform::{Bindings, Body, Platform};
use crate::reply::{ByteStream, Reply, ReplyBody};
use crate::settings::{Accounted, Problem, Problems, Settings};
use futures_util::stream::StreamExt;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use stored::{Found, Record, Source, digest};

/// The secret with the sealing keys.
const SEAL_KEYS: &str = "POSTERN_SEAL_KEYS";

/// How long stored settings serve before they are read again, behind a request, in ms.
const FRESH_MS: u64 = 30_000;
/// How long after a bundle was taken an older one is believed to be what an eventually consistent store has not yet
/// forgotten, in ms. Workers' KV shows a value for a minute after it was replaced.
const ECHO_MS: u64 = 120_000;
/// Earlier bundles that are tried when the active one cannot be taken and nothing else serves.
const TRIED: usize = 3;

/// What one isolate or instance runs on. A shell keeps one for each of its threads.
#[derive(Default)]
pub struct Serving {
    loaded: RefCell<Option<Loaded>>,
    /// Why the active settings do not serve.
    trouble: RefCell<Option<Trouble>>,
}

struct Loaded {
    gateway: Rc<Gateway>,
    /// Version 0 for settings that no operator pushed.
    record: Record,
    /// The store that the settings came from, where they may change.
    source: Option<Source>,
    /// When they were last read.
    read_ms: u64,
    /// When they were taken.
    taken_ms: u64,
}

/// Why settings are not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Trouble {
    /// For anybody to read.
    what: String,
    /// For operators.
    why: String,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}

/// A gateway made of a text, before it serves.
struct Candidate {
    gateway: Rc<Gateway>,
    warnings: Warnings,
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
                Err(trouble) => {
                    host.warn(&format!("postern: {trouble}"));
                    let body = r#"{"status":"misconfigured","see":"the gateway's log names every problem"}"#;
                    return Reply::json(503, body.to_owned());
                }
            },
        };
        let mut reply = gateway.handle(host, &change::Desk { serving: self, host }, head, body).await;
        if let ReplyBody::Stream(bytes) = reply.body {
            reply.body = ReplyBody::Stream(self.attended(host, bytes));
        }
        reply
    }

    /// A stream during which the settings are read again when they are old: for hours there may be no other request.
    fn attended<H: Platform + Bindings>(self: &Rc<Self>, host: &H, bytes: ByteStream) -> ByteStream {
        if self.loaded.borrow().as_ref().is_none_or(|loaded| loaded.source.is_none()) {
            return bytes;
        }
        let (serving, host) = (Rc::clone(self), host.clone());
        Box::pin(bytes.inspect(move |_| drop(serving.current(&host))))
    }

    fn current<H: Platform + Bindings>(self: &Rc<Self>, host: &H) -> Option<Rc<Gateway>> {
        let mut loaded = self.loaded.borrow_mut();
        let loaded = loaded.as_mut()?;
        if loaded.source.is_some() {
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

    /// Reads the settings again. Ones that cannot be read or do not compile are named in the log and in health, and
    /// the old ones serve on.
    async fn refresh<H: Platform + Bindings>(&self, host: &H) {
        if let Err(trouble) = self.load(host).await {
            host.warn(&format!("postern: the new settings are not taken: {trouble}"));
            *self.trouble.borrow_mut() = Some(trouble);
        }
    }

    /// The gateway of the active settings; the one that serves if they are the same.
    async fn load<H: Platform + Bindings>(&self, host: &H) -> Result<Rc<Gateway>, Trouble> {
        let (found, source) = stored::find(host).await?;
        let taken = match (found, &source) {
            (Found::Text(text), _) => {
                self.take(host, by_hand(&text, source.as_ref()), &text, source.clone()).await
            }
            (Found::Record(record), Some(source)) => self.follow(host, &record, source).await,
            (Found::Record(_) | Found::Broken, _) => Err(Trouble {
                what: "the active bundle is not served".to_owned(),
                why: "its record cannot be read".to_owned(),
            }),
        };
        match (taken, source) {
            (Err(trouble), Some(source)) if self.loaded.borrow().is_none() => {
                self.fall_back(host, &source, trouble).await
            }
            (taken, _) => taken,
        }
    }

    /// Takes the bundle of a record, unless it serves already.
    async fn follow<H: Platform + Bindings>(
        &self,
        host: &H,
        record: &Record,
        source: &Source,
    ) -> Result<Rc<Gateway>, Trouble> {
        if let Some(gateway) = self.kept(host, record) {
            return Ok(gateway);
        }
        let what = || format!("version {} is active and not served", record.version);
        let text = source.text(host, record).await.map_err(|why| Trouble { what: what(), why })?;
        self.take(host, record.clone(), &text, Some(source.clone())).await
    }

    /// The gateway that serves, when `record` is nothing new: the same bundle, or one that came before and that the
    /// store has not yet forgotten.
    fn kept<H: Platform>(&self, host: &H, record: &Record) -> Option<Rc<Gateway>> {
        let mut loaded = self.loaded.borrow_mut();
        let loaded = loaded.as_mut()?;
        let same = loaded.record.sha256 == record.sha256;
        if same && loaded.record.version <= record.version {
            // Only pushed again, or rolled back to: its caches are as good as before.
            loaded.record = record.clone();
        }
        (same || self.is_echo(host, loaded, record)).then(|| {
            // What the store shows is no news: what was wrong with other bundles is over.
            *self.trouble.borrow_mut() = None;
            Rc::clone(&loaded.gateway)
        })
    }

    /// Whether `record` is older than what serves, and that was taken a moment ago.
    fn is_echo<H: Platform>(&self, host: &H, loaded: &Loaded, record: &Record) -> bool {
        record.version < loaded.record.version && host.now_ms().saturating_sub(loaded.taken_ms) < ECHO_MS
    }

    /// Compiles a text and has it serve.
    async fn take<H: Platform + Bindings>(
        &self,
        host: &H,
        record: Record,
        text: &str,
        source: Option<Source>,
    ) -> Result<Rc<Gateway>, Trouble> {
        let draft = Draft::read(host, text).await;
        // Nothing is waited for from here on. Of several requests that found nothing, the first one compiles.
        if let Some(gateway) = self.kept(host, &record) {
            return Ok(gateway);
        }
        let candidate = draft.compile().map_err(|problems| Trouble {
            what: match record.version {
                0 => "the active settings do not compile".to_owned(),
                version => format!("version {version} does not compile"),
            },
            why: problems.to_string(),
        })?;
        Ok(self.install(host, record, source, candidate))
    }

    /// Has a gateway serve.
    fn install<H: Platform + Bindings>(
        &self,
        host: &H,
        record: Record,
        source: Option<Source>,
        candidate: Candidate,
    ) -> Rc<Gateway> {
        for warning in candidate.warnings {
            host.warn(&format!("postern: {warning}"));
        }
        let (gateway, now) = (candidate.gateway, host.now_ms());
        let kept = Rc::clone(&gateway);
        if let Some(before) = self.loaded.borrow().as_ref() {
            before.gateway.retire();
        }
        *self.loaded.borrow_mut() = Some(Loaded { gateway, record, source, read_ms: now, taken_ms: now });
        *self.trouble.borrow_mut() = None;
        kept
    }

    /// The last earlier bundle that can be taken, where nothing serves yet: an isolate that starts after a text was
    /// damaged, or before it has arrived everywhere, serves what the others do.
    async fn fall_back<H: Platform + Bindings>(
        &self,
        host: &H,
        source: &Source,
        trouble: Trouble,
    ) -> Result<Rc<Gateway>, Trouble> {
        for record in source.history(host).await.into_iter().take(TRIED) {
            if let Ok(gateway) = self.follow(host, &record, source).await {
                // Not so when another request has found the active one in the meantime.
                if self.loaded.borrow().as_ref().is_some_and(|loaded| loaded.record == record) {
                    host.warn(&format!("postern: version {} serves instead: {trouble}", record.version));
                    *self.trouble.borrow_mut() = Some(trouble);
                }
                return Ok(gateway);
            }
        }
        Err(trouble)
    }
}

/// The record of a text that no operator pushed.
fn by_hand(text: &str, source: Option<&Source>) -> Record {
    let sha256 = digest(text);
    let key = source.map(|source| source.key(&sha256)).unwrap_or_default();
    Record { version: 0, sha256, key, at_ms: 0, by: String::new(), restores: None }
}

/// A text that was read, with the secrets that it names and the sealing keys.
struct Draft {
    settings: Settings,
    problems: Problems,
    secrets: HashMap<String, String>,
}

impl Draft {
    async fn read<H: Platform + Bindings>(host: &H, text: &str) -> Self {
        let (settings, mut problems) = Settings::read(text);
        let mut secrets = HashMap::new();
        for name in settings.secrets().chain([SEAL_KEYS]) {
            if let Some(value) = host.variable(name).await {
                secrets.insert(name.to_owned(), value);
            }
        }
        if let Some((path, what)) = settings.needs_ledger()
            && !host.has_ledger().await
        {
            let (what, other) = match what {
                Accounted::Limits => {
                    ("limits are", "write `on_fault = \"local\"`, and each isolate counts by itself")
                }
                Accounted::Evidence => {
                    ("evidence is", "write `mode = \"exact\"`, and equal questions alone are answered")
                }
            };
            problems.0.push(Problem {
                line: settings.line(&path),
                path,
                message: format!("{what} kept in accounts, and this gateway has none"),
                remedy: format!("{}; or {other}", H::LEDGER_REMEDY),
            });
        }
        Self { settings, problems, secrets }
    }

    /// A gateway of it, or every problem.
    fn compile(self) -> Result<Candidate, Problems> {
        let secret = |name: &str| self.secrets.get(name).cloned();
        let (bundle, warnings) = check_read(&self.settings, self.problems, &secret)?;
        let problem = |message: String| {
            let remedy = "it holds kid:BASE64 of 32 random bytes".to_owned();
            Problems(vec![Problem { path: String::new(), line: None, message, remedy }])
        };
        let keys = secret(SEAL_KEYS).ok_or_else(|| problem(format!("{SEAL_KEYS} is not set")))?;
        let sealer = Sealer::from_keys(&keys).map_err(|error| problem(format!("{SEAL_KEYS}: {error}")))?;
        Ok(Candidate { gateway: Gateway::new(bundle, sealer), warnings })
    }
}

#[cfg(test)]
mod tests;
