//! Compares findings with labels.

use crate::documents::{Document, Label};
use postern_redact::{Context, Engine, Finding, Replacement};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// A finding counts when it covers so much of the value ...
const COVERS: f64 = 0.8;
/// ... and is at most so much longer.
const LONGER: f64 = 1.25;

/// What was found of a label.
struct Outcome {
    /// Which document, which of its labels.
    document: usize,
    label: usize,
    /// Whether a finding of a fitting type covers it, or any.
    typed: bool,
    covered: bool,
}

/// A finding of its own.
pub struct Found {
    start: usize,
    end: usize,
    name: String,
    level: u8,
    word: Option<String>,
}

impl From<&Finding<'_>> for Found {
    fn from(it: &Finding<'_>) -> Self {
        let (name, word) = (it.entry.name.to_owned(), it.word.map(str::to_owned));
        Self { start: it.start, end: it.end, name, level: it.level, word }
    }
}

/// How a text is looked at.
pub type Look = fn(&Engine, &str) -> Vec<Found>;

/// As text, whatever it is.
pub fn as_text(engine: &Engine, text: &str) -> Vec<Found> {
    engine.find(text, &Context::default()).iter().map(Found::from).collect()
}

/// As it is redacted: JSON is walked.
pub fn walked(engine: &Engine, text: &str) -> Vec<Found> {
    let mut all = Vec::new();
    engine.redact_text(text, &Context::default(), &mut |finding, _, _| {
        all.push(Found::from(finding));
        Replacement::Keep
    });
    all
}

/// What was found in a corpus.
pub struct Score {
    outcomes: Vec<Outcome>,
    findings: Vec<Vec<Found>>,
    /// Findings that are no value: document, which of its findings.
    wrong: Vec<(usize, usize)>,
    found: usize,
    bytes: usize,
    took: Duration,
}

fn fits(finding: &Found, label: &Label) -> bool {
    label.kind.accepts.iter().any(|name| finding.name.contains(name))
}

fn covers(finding: &Found, label: &Label) -> bool {
    let common = finding.end.min(label.end).saturating_sub(finding.start.max(label.start)) as f64;
    let (value, found) = ((label.end - label.start) as f64, (finding.end - finding.start) as f64);
    common >= COVERS * value && found <= LONGER * value
}

impl Score {
    pub fn of(look: Look, engine: &Engine, documents: &[Document]) -> Self {
        let start = Instant::now();
        let findings: Vec<Vec<Found>> =
            documents.iter().map(|document| look(engine, &document.text)).collect();
        let took = start.elapsed();
        let (mut outcomes, mut wrong) = (Vec::new(), Vec::new());
        for (at, (document, findings)) in documents.iter().zip(&findings).enumerate() {
            for (number, label) in document.labels.iter().enumerate() {
                let mut covering = findings.iter().filter(|finding| covers(finding, label)).peekable();
                let covered = covering.peek().is_some();
                let typed = covering.any(|finding| fits(finding, label));
                outcomes.push(Outcome { document: at, label: number, typed, covered });
            }
            let right = |finding: &Found| {
                document.labels.iter().any(|label| fits(finding, label) && covers(finding, label))
            };
            wrong.extend(
                findings.iter().enumerate().filter(|(_, it)| !right(it)).map(|(number, _)| (at, number)),
            );
        }
        let found = findings.iter().map(Vec::len).sum();
        let bytes = documents.iter().map(|document| document.text.len()).sum();
        Self { outcomes, findings, wrong, found, bytes, took }
    }

    pub fn recall(&self) -> f64 {
        share(self.outcomes.iter().filter(|outcome| outcome.typed).count(), self.outcomes.len())
    }

    pub fn precision(&self) -> f64 {
        share(self.found - self.wrong.len(), self.found)
    }

    /// All of it in a line.
    pub fn line(&self) -> String {
        let covered =
            share(self.outcomes.iter().filter(|outcome| outcome.covered).count(), self.outcomes.len());
        format!(
            "typed recall {:.4}, covered {covered:.4}, precision {:.4} ({} values, {} found, {} wrong; {:.0} MB/s)",
            self.recall(),
            self.precision(),
            self.outcomes.len(),
            self.found,
            self.wrong.len(),
            self.bytes as f64 / 1e6 / self.took.as_secs_f64(),
        )
    }

    /// Each type's figures, the worst first, with examples of what was missed and what is wrong.
    pub fn report(&self, documents: &[Document], show: usize) -> String {
        let mut report = String::new();
        self.table(documents, &mut report);
        self.misses(documents, show, &mut report);
        self.false_hits(documents, show, &mut report);
        report
    }

    fn table(&self, documents: &[Document], to: &mut String) {
        let mut kinds: BTreeMap<&str, Vec<(&Outcome, bool)>> = BTreeMap::new();
        let mut styles: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for outcome in &self.outcomes {
            let document = &documents[outcome.document];
            let label = &document.labels[outcome.label];
            kinds.entry(label.kind.name).or_default().push((outcome, label.bare));
            let style = styles.entry(document.style).or_default();
            style.0 += usize::from(outcome.typed);
            style.1 += 1;
        }
        let typed = |all: &[(&Outcome, bool)], bare: Option<bool>| {
            let of: Vec<_> = all.iter().filter(|it| bare.is_none_or(|bare| it.1 == bare)).collect();
            share(of.iter().filter(|(outcome, _)| outcome.typed).count(), of.len())
        };
        let mut rows: Vec<_> = kinds.into_iter().collect();
        rows.sort_by(|one, two| typed(&one.1, None).total_cmp(&typed(&two.1, None)));
        let _ = writeln!(
            to,
            "{:<28}{:>7}{:>7}{:>9}{:>9}{:>9}",
            "type", "values", "typed", "context", "bare", "covered"
        );
        for (name, all) in rows {
            let covered = share(all.iter().filter(|(outcome, _)| outcome.covered).count(), all.len());
            let (every, context, bare) =
                (typed(&all, None), typed(&all, Some(false)), typed(&all, Some(true)));
            let _ =
                writeln!(to, "{name:<28}{:>7}{every:>7.3}{context:>9.3}{bare:>9.3}{covered:>9.3}", all.len());
        }
        for (style, (typed, all)) in styles {
            let _ = writeln!(to, "in {style:<25}{all:>7}{:>7.3}", share(typed, all));
        }
    }

    fn misses(&self, documents: &[Document], show: usize, to: &mut String) {
        let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
        let mut missed: Vec<_> = self.outcomes.iter().filter(|outcome| !outcome.typed).collect();
        missed.sort_by_key(|missed| documents[missed.document].labels[missed.label].kind.name);
        for outcome in missed {
            let document = &documents[outcome.document];
            let label = &document.labels[outcome.label];
            let count = shown.entry(label.kind.name).or_default();
            *count += 1;
            if *count > show {
                continue;
            }
            let over: Vec<_> = self.findings[outcome.document]
                .iter()
                .filter(|finding| finding.start < label.end && label.start < finding.end)
                .map(|it| format!("{} {} {:?}", it.name, it.level, &document.text[it.start..it.end]))
                .collect();
            let found = if over.is_empty() { "nothing".to_owned() } else { over.join("; ") };
            let how = if label.bare { "bare" } else { "with context" };
            let _ = writeln!(to, "\nMISSED {} ({how}, {}), found: {found}", label.kind.name, document.style);
            excerpt(&document.text, label.start, label.end, to);
        }
    }

    fn false_hits(&self, documents: &[Document], show: usize, to: &mut String) {
        let mut by_type: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
        for (document, number) in &self.wrong {
            by_type.entry(&*self.findings[*document][*number].name).or_default().push((*document, *number));
        }
        let mut types: Vec<_> = by_type.into_iter().collect();
        types.sort_by_key(|(_, wrong)| std::cmp::Reverse(wrong.len()));
        for (name, wrong) in types {
            let _ = writeln!(to, "\nWRONG {name}: {}", wrong.len());
            for (document, number) in wrong.into_iter().take(show) {
                let finding = &self.findings[document][number];
                let over = documents[document]
                    .labels
                    .iter()
                    .find(|it| it.start < finding.end && finding.start < it.end);
                let why = over.map_or("noise", |label| label.kind.name);
                let _ = writeln!(to, "  {} by {:?}, in truth {why}", finding.level, finding.word);
                excerpt(&documents[document].text, finding.start, finding.end, to);
            }
        }
    }
}

fn share(part: usize, of: usize) -> f64 {
    if of == 0 { 1.0 } else { part as f64 / of as f64 }
}

/// What stands around a value, on one line.
fn excerpt(text: &str, start: usize, end: usize, to: &mut String) {
    let around = |at: usize, back: bool| {
        let mut at = if back { at.saturating_sub(100) } else { (at + 60).min(text.len()) };
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let shown = format!(
        "{}«{}»{}",
        &text[around(start, true)..start],
        &text[start..end],
        &text[end..around(end, false)]
    );
    let _ = writeln!(to, "    {}", shown.replace('\n', "⏎").replace('\t', "⇥"));
}
