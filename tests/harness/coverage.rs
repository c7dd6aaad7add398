//! Controls and paths: what the gateway does to messages, and where in them a value may stand. Each pair of the two is a
//! cell, and none is left open: it is run as a case of its own, proven by cases that are named, or said to be nothing.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::case::{Case, Rule, Step};
use crate::leaks;
use crate::script::merge;
use crate::suite::{CANARY, Suite};
use crate::token::Flaw;

/// What goes one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// To an upstream.
    Request,
    /// To the agent.
    Response,
    /// To the agent: an error of the upstream.
    Error,
    /// To every agent: what an upstream says of itself.
    List,
    /// To the agent: its own words, in what the gateway says.
    Own,
}

/// What becomes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It does not arrive, and all else goes its way.
    Hides,
    /// The same, and the record counts it.
    Recorded,
    /// It arrives.
    Shows,
    /// It does not arrive, and the call is refused.
    Blocks,
    /// It does not arrive, and nobody is refused.
    Drops,
    /// Neither it nor any call arrives.
    Kept,
    /// The same, and every request is answered with 401.
    Refused,
}

/// What cases that are named have to expect.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Proof {
    /// An answer with this error code.
    code: Option<i64>,
    /// A record with this text in it.
    audit: Option<String>,
    /// A request with this text in it.
    sent: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Control {
    name: String,
    /// `[tenants.T.redact]`, instead of the case's own.
    redact: Option<toml::Table>,
    /// Laid over the other settings of the tenant.
    #[serde(default)]
    tenant: toml::Table,
    /// Further scripts, by alias.
    #[serde(default)]
    upstream: BTreeMap<String, Vec<Rule>>,
    plant: Option<String>,
    who: Option<String>,
    flaw: Option<Flaw>,
    effect: Option<Effect>,
    #[serde(default)]
    effects: BTreeMap<Way, Effect>,
    /// The value arrives nowhere, whatever its way.
    #[serde(default)]
    everywhere: bool,
    /// The ways that it is about; by default all.
    ways: Option<Vec<Way>>,
    /// Why it is about no other.
    #[serde(default)]
    otherwise: String,
    #[serde(default)]
    cases: Vec<String>,
    #[serde(default)]
    proves: Proof,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spot {
    name: String,
    way: Way,
    /// The proof of it, run again under each control.
    #[serde(default)]
    case: String,
    #[serde(default)]
    holds: Vec<String>,
    /// What proves it instead, where no control makes a difference that is not among them.
    #[serde(default)]
    cases: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    control: String,
    paths: Vec<String>,
    effect: Option<Effect>,
    #[serde(default)]
    cases: Vec<String>,
    #[serde(default)]
    none: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Controls {
    control: Vec<Control>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spots {
    path: Vec<Spot>,
    cell: Vec<Exception>,
}

/// A cell that is run: a case under a control.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The case, under a name of its own.
    pub case: Case,
    /// Where the value goes.
    pub way: Way,
    /// What becomes of it.
    pub effect: Effect,
    /// It.
    pub canary: String,
    /// It arrives nowhere, neither at a server nor at the agent.
    pub everywhere: bool,
}

/// The whole table.
pub struct Table {
    controls: Vec<Control>,
    spots: Vec<Spot>,
    exceptions: Vec<Exception>,
    cases: std::path::PathBuf,
    suite: Suite,
}

impl Table {
    /// Reads `FOLDER/coverage/*.toml` and `FOLDER/cases`.
    ///
    /// # Errors
    /// A file that cannot be read, or an unknown member.
    pub fn read(folder: &Path) -> Result<Self> {
        let text = |name: &str| {
            let path = folder.join("coverage").join(name);
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            Ok::<_, anyhow::Error>(text.replace("${canary}", CANARY))
        };
        let Controls { control } = toml::from_str(&text("controls.toml")?).context("controls.toml")?;
        let Spots { path, cell } = toml::from_str(&text("paths.toml")?).context("paths.toml")?;
        let cases = folder.join("cases");
        let suite = Suite::read(&cases)?;
        Ok(Self { controls: control, spots: path, exceptions: cell, cases, suite })
    }

    /// The names of the controls, in their order.
    pub fn controls(&self) -> impl Iterator<Item = &str> {
        self.controls.iter().map(|control| control.name.as_str())
    }

    /// What is wrong with the table: cells that are open, cases that are not there or prove nothing, rows that nobody
    /// asks for.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for spot in &self.spots {
            match self.case(&spot.case) {
                None if spot.case.is_empty() && !spot.cases.is_empty() => {}
                None => problems.push(format!("{}: there is no case {}", spot.name, spot.case)),
                Some(case) => problems.extend(unproven(spot, case)),
            }
        }
        for control in &self.controls {
            for spot in &self.spots {
                problems.extend(self.open(control, spot));
            }
        }
        for exception in &self.exceptions {
            if !self.controls.iter().any(|control| control.name == exception.control) {
                problems.push(format!("there is no control {:?}", exception.control));
            }
            let unknown = |name: &&String| !self.spots.iter().any(|spot| spot.name == **name);
            problems.extend(exception.paths.iter().filter(unknown).map(|name| format!("no path {name:?}")));
        }
        problems
    }

    fn case(&self, name: &str) -> Option<&Case> {
        self.suite.cases.iter().find(|case| case.name == name)
    }

    fn exception(&self, control: &Control, spot: &Spot) -> Option<&Exception> {
        self.exceptions.iter().find(|cell| cell.control == control.name && cell.paths.contains(&spot.name))
    }

    /// Why a cell is open, if it is.
    fn open(&self, control: &Control, spot: &Spot) -> Vec<String> {
        let at = format!("{} x {}", control.name, spot.name);
        let exception = self.exception(control, spot);
        if exception.is_some_and(|exception| !exception.none.is_empty())
            || self.effect(control, spot).is_some()
        {
            return Vec::new();
        }
        if !spot.cases.is_empty() {
            let says = |name: &String| {
                self.case(name).is_some_and(|case| case.step.iter().any(|step| !expected(step).is_empty()))
            };
            return spot
                .cases
                .iter()
                .filter(|name| !says(name))
                .map(|name| format!("{at}: no case {name} expects anything"))
                .collect();
        }
        let named = exception.map_or(&control.cases, |exception| &exception.cases);
        let about = control.ways.as_ref().is_none_or(|ways| ways.contains(&spot.way));
        if named.is_empty() {
            let nothing = exception.is_none() && !about && !control.otherwise.is_empty();
            return if nothing { Vec::new() } else { vec![format!("{at}: nothing proves it")] };
        }
        let proves = |name: &String| match self.case(name) {
            None => Some(format!("{at}: there is no case {name}")),
            Some(case) if !control.proves.is_of(case) => Some(format!("{at}: {name} does not expect it")),
            Some(_) => None,
        };
        named.iter().filter_map(proves).collect()
    }

    fn effect(&self, control: &Control, spot: &Spot) -> Option<Effect> {
        if let Some(exception) = self.exception(control, spot) {
            return exception.effect;
        }
        if control.ways.as_ref().is_some_and(|ways| !ways.contains(&spot.way)) {
            return None;
        }
        control.effects.get(&spot.way).copied().or(control.effect).filter(|_| spot.cases.is_empty())
    }

    /// The cells of a control that are run, and the suite that scripts and settings are made of.
    ///
    /// # Errors
    /// A case that cannot be read with the control's value.
    pub fn cells(&self, control: &str) -> Result<(Suite, Vec<Cell>)> {
        let control = self.controls.iter().find(|found| found.name == control).context("no such control")?;
        let canary = control.plant.clone().unwrap_or_else(|| CANARY.to_owned());
        self.planted(control, &canary, &canary)
    }

    /// The cells of redaction by these settings, with another value: `plant` is put in its place, and `canary`, which is in
    /// it, arrives nowhere.
    ///
    /// # Errors
    /// As [`Table::cells`].
    pub fn hiding(&self, redact: toml::Table, plant: &str, canary: &str) -> Result<(Suite, Vec<Cell>)> {
        let control = Control {
            redact: Some(redact),
            effect: Some(Effect::Hides),
            everywhere: true,
            ..Control::default()
        };
        self.planted(&control, plant, canary)
    }

    fn planted(&self, control: &Control, plant: &str, canary: &str) -> Result<(Suite, Vec<Cell>)> {
        let mut suite = Suite::read_with(&self.cases, plant)?;
        let mut cells = Vec::new();
        for spot in &self.spots {
            let Some(effect) = self.effect(control, spot) else { continue };
            let found = suite.cases.iter().find(|case| case.name == spot.case);
            let mut case = found.with_context(|| format!("no case {}", spot.case))?.clone();
            case.name.clone_from(&spot.name);
            under(&mut case, control);
            let (way, everywhere) = (spot.way, control.everywhere);
            cells.push(Cell { case, way, effect, canary: canary.to_owned(), everywhere });
        }
        suite.cases = cells.iter().map(|cell| cell.case.clone()).collect();
        ensure!(!self.spots.is_empty(), "no paths");
        Ok((suite, cells))
    }
}

/// Puts a case under a control.
fn under(case: &mut Case, control: &Control) {
    if let Some(redact) = &control.redact {
        case.tenant.insert("redact".to_owned(), redact.clone().into());
    }
    merge(&mut case.tenant, &control.tenant);
    for (alias, rules) in &control.upstream {
        case.upstream.entry(alias.clone()).or_default().extend(rules.clone());
    }
    for step in &mut case.step {
        if let Some(who) = &control.who {
            step.who.clone_from(who);
        }
        if let Some(flaw) = control.flaw {
            step.flaw = flaw;
        }
    }
}

impl Proof {
    fn is_of(&self, case: &Case) -> bool {
        let code = self.code.is_none_or(|code| case.step.iter().any(|step| step.expect.code == Some(code)));
        let audit =
            self.audit.as_ref().is_none_or(|text| case.audit.iter().any(|record| record.contains(text)));
        let sent =
            self.sent.as_ref().is_none_or(|text| expected_sent(case).iter().any(|part| part.contains(text)));
        let nothing = self.code.is_none() && self.audit.is_none() && self.sent.is_none();
        !nothing && code && audit && sent
    }
}

/// Why the case of a path is no proof of it.
fn unproven(spot: &Spot, case: &Case) -> Option<String> {
    let planted = if matches!(spot.way, Way::Request | Way::Own) { steps(case) } else { scripts(case) };
    let holds = |text: &String| {
        !leaks::of(CANARY, text).is_empty() && spot.holds.iter().all(|part| text.contains(part))
    };
    let lacks: Vec<&String> = match spot.way {
        Way::Request => case.sent.values().flatten().flat_map(|sent| &sent.lacks).collect(),
        _ => case.step.iter().flat_map(|step| &step.expect.lacks).collect(),
    };
    let comes: Vec<String> = match spot.way {
        Way::Request => expected_sent(case),
        _ => case.step.iter().flat_map(expected).collect(),
    };
    let why = if !planted.iter().any(holds) {
        "plants no value there"
    } else if !lacks.iter().any(|text| text.contains(CANARY)) {
        "does not say that the value is lacking"
    } else if comes.is_empty() {
        "does not say what comes"
    } else {
        return None;
    };
    Some(format!("{}: {} {why}", spot.name, case.name))
}

/// What the steps send: method, headers, parameters and bodies.
fn steps(case: &Case) -> Vec<String> {
    let all = |step: &Step| {
        let rpc = step.rpc.clone().unwrap_or_default();
        let parts = [&step.params, &step.meta, &step.body].into_iter().flatten().map(String::as_str);
        let parts: Vec<&str> = parts.chain([step.capabilities.as_str()]).collect();
        format!("{rpc} {:?} {}", step.headers, parts.join(" "))
    };
    case.step.iter().map(all).collect()
}

/// What the scripts answer.
fn scripts(case: &Case) -> Vec<String> {
    let all = |rule: &Rule| {
        let parts = [&rule.on, &rule.result, &rule.error, &rule.body].into_iter().flatten();
        let parts: Vec<&str> = parts.map(String::as_str).collect();
        format!("{} {:?}", parts.join(" "), rule.events).replace("\\\"", "\"")
    };
    case.upstream.values().flatten().map(all).collect()
}

fn expected_sent(case: &Case) -> Vec<String> {
    let of = |sent: &crate::case::Sent| {
        let texts = sent.headers.values().chain(sent.raw.values()).chain(&sent.has);
        texts.cloned().collect::<Vec<_>>()
    };
    case.sent.values().flatten().flat_map(of).collect()
}

fn expected(step: &Step) -> Vec<String> {
    let expect = &step.expect;
    let parts = [&expect.has, &expect.result, &expect.result_is, &expect.data, &expect.message];
    let code = expect.code.map(|code| code.to_string());
    parts.into_iter().flatten().chain(expect.events.iter().flatten()).cloned().chain(code).collect()
}
