//! What operators do to the bundle: show, push, roll back. In two phases: first everything that can fail, then the one
//! write that makes another bundle the active one.

use super::stored::{Found, Record, Source, digest};
use super::{Candidate, Draft, Loaded, Serving, by_hand};
use crate::arrival::Head;
use crate::gateway::admin::{Bundles, Change, Order, Settled, Standing};
use crate::platform::{Bindings, Platform};
use crate::settings::Problems;
use crate::stage::authenticate::Operator;
use serde_json::{Value, json};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

/// Where operators' orders are carried out, during one request.
pub struct Desk<'a, H> {
    pub serving: &'a Rc<Serving>,
    pub host: &'a H,
}

/// Who asks, and how.
#[derive(Clone, Copy)]
struct Asked<'a> {
    operator: &'a Operator,
    head: &'a Head,
    change: Change,
}

/// What is active, and what was before.
struct Shelf {
    source: Source,
    /// `None` when its record cannot be read.
    active: Option<Record>,
    /// The text of an active one that was put there by hand: it has to be kept before it is replaced.
    text: Option<String>,
    history: Vec<Record>,
}

impl<H: Platform + Bindings> Bundles for Desk<'_, H> {
    fn standing(&self) -> Standing {
        let problem = self.serving.trouble.borrow().as_ref().map(|trouble| trouble.what.clone());
        let of = |loaded: &Loaded| (loaded.record.version, loaded.record.sha256.clone());
        let (version, sha256) = self.serving.loaded.borrow().as_ref().map(of).unwrap_or_default();
        Standing { version, sha256, problem }
    }

    fn carry_out<'a>(
        &'a self,
        order: Order,
        operator: &'a Operator,
        head: &'a Head,
    ) -> Pin<Box<dyn Future<Output = Settled> + 'a>> {
        Box::pin(async move {
            let done = match order {
                Order::Show => self.show().await,
                Order::Push { text, change } => self.push(Asked { operator, head, change }, text).await,
                Order::Rollback { to, change } => self.roll_back(Asked { operator, head, change }, to).await,
            };
            done.unwrap_or_else(|refused| refused)
        })
    }
}

impl<H: Platform + Bindings> Desk<'_, H> {
    async fn show(&self) -> Result<Settled, Settled> {
        let standing = self.standing();
        let trouble = self.serving.trouble.borrow().as_ref().map(ToString::to_string);
        let shelf = match self.source() {
            Some(source) => Some(self.shelf(source).await?),
            None => None,
        };
        let body = json!({
            "stored": shelf.as_ref().map(|shelf| shelf.source.to_string()),
            "active": shelf.as_ref().and_then(|shelf| shelf.active.as_ref()),
            "previous": shelf.as_ref().map(|shelf| shelf.history.as_slice()).unwrap_or_default(),
            "serving": { "version": standing.version, "sha256": standing.sha256 },
            "problem": trouble,
        });
        Ok(Settled::done(body).about(standing.version, &standing.sha256))
    }

    async fn push(&self, asked: Asked<'_>, text: String) -> Result<Settled, Settled> {
        let shelf = self.shelf_to_change(asked.change).await?;
        let sha256 = digest(&text);
        let record = Record {
            version: shelf.next(self.serving_version()),
            key: shelf.source.key(&sha256),
            sha256,
            at_ms: self.host.now_ms(),
            by: by(asked.operator),
            restores: None,
        };
        let candidate = self.candidate(asked, &record, &text).await?;
        // The same again changes nothing, unless it is there to repair what was damaged.
        if let Some(active) = shelf.active.as_ref().filter(|active| active.sha256 == record.sha256)
            && active.version > 0
            && shelf.source.text(self.host, active).await.is_ok()
        {
            return Ok(report(active, None, &candidate, asked.change).with("changed", false.into()));
        }
        self.switch(asked, shelf, record, candidate, Some(&text)).await
    }

    async fn roll_back(&self, asked: Asked<'_>, to: Option<u64>) -> Result<Settled, Settled> {
        let shelf = self.shelf_to_change(asked.change).await?;
        let mut earlier = shelf.history.iter();
        let wanted = match to {
            None => earlier.next(),
            Some(version) => earlier.find(|record| record.version == version),
        };
        let Some(wanted) = wanted.cloned() else {
            let known: Vec<u64> = shelf.history.iter().map(|record| record.version).collect();
            let message = "there is no such version among the last ten before the active one";
            let refused = Settled::refused(404, "no_such_version", message);
            return Err(refused.with("known", json!(known)));
        };
        let text = shelf.source.text(self.host, &wanted).await;
        let text =
            text.map_err(|why| Settled::broken("store", &why).about(wanted.version, &wanted.sha256))?;
        let record = Record {
            version: shelf.next(self.serving_version()),
            at_ms: self.host.now_ms(),
            by: by(asked.operator),
            restores: Some(wanted.version),
            ..wanted
        };
        let candidate = self.candidate(asked, &record, &text).await?;
        self.switch(asked, shelf, record, candidate, None).await
    }

    /// The second phase: stores what is missing, and makes `record` the active one, here at once.
    async fn switch(
        &self,
        asked: Asked<'_>,
        shelf: Shelf,
        record: Record,
        candidate: Candidate,
        text: Option<&str>,
    ) -> Result<Settled, Settled> {
        let done = report(&record, shelf.active.as_ref(), &candidate, asked.change);
        if asked.change.dry_run {
            return Ok(done.with("changed", false.into()));
        }
        let (host, Shelf { source, active, text: replaced, history }) = (self.host, shelf);
        let store = async {
            if let (Some(active), Some(replaced)) = (&active, &replaced) {
                source.keep_text(host, active, replaced).await?;
            }
            if let Some(text) = text {
                source.keep_text(host, &record, text).await?;
            }
            source.activate(host, &record, active, history).await
        };
        if let Err(why) = store.await {
            let message = format!("it could not be stored, and may or may not be active: {why}");
            return Err(Settled::broken("store", &message).about(record.version, &record.sha256));
        }
        self.serving.install(host, record, Some(source), candidate);
        Ok(done.with("changed", true.into()))
    }

    /// The first phase: a gateway of the text, in which the operator is one too.
    async fn candidate(&self, asked: Asked<'_>, record: &Record, text: &str) -> Result<Candidate, Settled> {
        let candidate = Draft::read(self.host, text)
            .await
            .compile()
            .map_err(|problems| unfit(&problems).about(record.version, &record.sha256))?;
        if !asked.change.force {
            let tenant = &asked.operator.tenant().name;
            let admitted = candidate.gateway.admits(self.host, tenant, asked.head).await;
            admitted.map_err(|why| {
                let message = format!("these settings would lock you out of {tenant:?}: {why}");
                Settled::refused(409, "lockout", &message).about(record.version, &record.sha256)
            })?;
        }
        Ok(candidate)
    }

    fn source(&self) -> Option<Source> {
        self.serving.loaded.borrow().as_ref()?.source.clone()
    }

    fn serving_version(&self) -> u64 {
        self.serving.loaded.borrow().as_ref().map(|loaded| loaded.record.version).unwrap_or_default()
    }

    /// What is stored, if it can be changed and is what the operator believes.
    async fn shelf_to_change(&self, change: Change) -> Result<Shelf, Settled> {
        let Some(source) = self.source().filter(Source::takes_bundles) else {
            let message = "the settings are not in a store under a key `active`, such as kv:bundle/active: \
                they change where they are";
            return Err(Settled::refused(409, "not_stored", message));
        };
        let shelf = self.shelf(source).await?;
        let version = shelf.active.as_ref().map(|active| active.version);
        match change.expect {
            Some(expected) if version != Some(expected) => {
                let message = "another version is active than the one that was expected";
                Err(Settled::refused(409, "conflict", message).with("active", json!(shelf.active)))
            }
            _ => Ok(shelf),
        }
    }

    async fn shelf(&self, source: Source) -> Result<Shelf, Settled> {
        let found = source.look(self.host).await;
        let found = found.map_err(|trouble| Settled::broken("store", &trouble.to_string()))?;
        let history = source.history(self.host).await;
        let (active, text) = match found {
            Found::Record(record) => (Some(record), None),
            Found::Text(text) => (Some(by_hand(&text, Some(&source))), Some(text)),
            Found::Broken => (None, None),
        };
        let mut shelf = Shelf { source, active, text, history };
        // An eventually consistent store may not show yet what this very isolate has put there.
        if let Some(loaded) = self.serving.loaded.borrow().as_ref()
            && let Some(active) = &shelf.active
            && self.serving.is_echo(self.host, loaded, active)
        {
            shelf.overtake(loaded.record.clone());
        }
        let newest = shelf.active.as_ref().map(|active| active.version);
        shelf.history.retain(|record| Some(record.version) != newest);
        Ok(shelf)
    }
}

impl Shelf {
    /// Puts in front what the store does not show yet.
    fn overtake(&mut self, record: Record) {
        let before = self.active.replace(record).filter(|_| self.text.is_none());
        if let Some(before) = before
            && self.history.iter().all(|other| other.version != before.version)
        {
            self.history.insert(0, before);
        }
        self.text = None;
    }

    /// A version that none has had.
    fn next(&self, serving: u64) -> u64 {
        let known = self.history.iter().chain(&self.active).map(|record| record.version);
        known.max().unwrap_or_default().max(serving) + 1
    }
}

fn by(operator: &Operator) -> String {
    format!("{}/{}", operator.tenant().name, operator.subject())
}

fn report(record: &Record, before: Option<&Record>, candidate: &Candidate, change: Change) -> Settled {
    let warnings: Vec<Value> = candidate
        .warnings
        .iter()
        .map(|warning| json!({ "path": warning.path, "message": warning.message }))
        .collect();
    let body = json!({
        "version": record.version, "sha256": record.sha256, "restores": record.restores,
        "before": before.map(|before| before.version), "warnings": warnings, "dry_run": change.dry_run,
    });
    Settled::done(body).about(record.version, &record.sha256)
}

fn unfit(problems: &Problems) -> Settled {
    let list: Vec<Value> = problems
        .0
        .iter()
        .map(|problem| {
            json!({
                "path": problem.path, "line": problem.line, "message": problem.message, "remedy": problem.remedy,
            })
        })
        .collect();
    Settled::refused(422, "problems", "the settings do not compile").with("problems", list.into())
}
