//! The engine: from text to findings.

use crate::custom::{Compiled, Custom, CustomError};
use crate::entry::{Entry, Profile, Type};
use crate::lexicon::Lexicon;
use crate::path::Path;
use crate::scan::{Hit, Scan};
use crate::view::View;
use crate::{encoded, ids, letters, net, overlap, resolve, scan, secrets};

/// Names above a value that detectors look at.
const NAMES: usize = 4;
/// Lowest level that anything is reported at.
const LOWEST: u8 = 65;

/// Where a text stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// Names of the fields above it, the outermost first.
    pub path: &'a [&'a str],
    /// What else is said of it: a tool's description of the argument.
    pub about: &'a str,
}

/// A sensitive value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding<'e> {
    /// Where it begins, in bytes of the text.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What it is.
    pub entry: Type<'e>,
    /// How sure that is: 65, 75, 85 and more, as Microsoft Purview counts.
    pub level: u8,
    /// The word that made it sure, if one did.
    pub word: Option<&'e str>,
}

/// Finds values of certain types, from a certain level on.
pub struct Engine {
    lexicon: Lexicon,
    level: u8,
    profile: Option<Profile>,
    custom: Vec<Compiled>,
}

/// Every type.
pub(crate) fn entries() -> impl Iterator<Item = &'static Entry> {
    [letters::ENTRIES, net::ENTRIES, secrets::ENTRIES]
        .into_iter()
        .flatten()
        .flat_map(|group| group.iter().copied())
        .chain(ids::entries())
}

/// Whether only the name that a value of a type stands under tells what it is. All of such a value is one, whatever its parts
/// are.
pub(crate) fn is_by_name(name: &str) -> bool {
    secrets::is_named(name) || letters::is_named(name)
}

impl Engine {
    /// Finds the types of a profile, or all, from `level` on (65 at least).
    #[must_use]
    pub fn new(profile: Option<Profile>, level: u8) -> Self {
        let lexicon = Lexicon::new(entries());
        Self { lexicon, level: level.max(LOWEST), profile, custom: Vec::new() }
    }

    /// The same with detectors of a customer's own, whatever the profile.
    ///
    /// # Errors
    /// When one cannot work or does not find what its own examples say.
    pub fn with(mut self, detectors: &[Custom]) -> Result<Self, CustomError> {
        for detector in detectors {
            if self.lexicon.knows(&detector.name) {
                return Err(CustomError::new(&detector.name, "there is a type of this name"));
            }
            let compiled = Compiled::new(detector)?;
            self.lexicon.learn(&detector.name, &detector.words);
            self.custom.push(compiled);
        }
        Ok(self)
    }

    /// The types, by name.
    #[must_use]
    pub fn types() -> Vec<&'static Entry> {
        let mut all: Vec<_> = entries().collect();
        all.sort_by_key(|entry| entry.name);
        all.dedup();
        all
    }

    /// What is sensitive in a text, from its beginning on; nothing overlaps. Looks behind what hides a value from a plain
    /// look as well: characters that only look alike or are not seen, escapes, base64 and hex.
    #[must_use]
    pub fn find(&self, text: &str, context: &Context<'_>) -> Vec<Finding<'_>> {
        self.look(text, &Path::root(context), encoded::LEVELS)
    }

    /// What is sensitive in a text, with so many encodings undone.
    pub(crate) fn look(&self, text: &str, path: &Path<'_>, levels: u8) -> Vec<Finding<'_>> {
        let view = View::of(text);
        let (mut findings, mut scan) = self.scan(view.text(), path);
        if let Some(levels) = levels.checked_sub(1) {
            let plain = findings.len();
            self.runs(&mut scan, path, levels, &mut findings);
            let mut decoded = Vec::new();
            if scan.escapes {
                self.regions(view.text(), path, levels, &mut decoded);
            }
            self.lines(&mut scan, path, &mut decoded);
            if findings.len() > plain || !decoded.is_empty() {
                findings = overlap::apart(decoded, findings);
            }
        }
        for finding in &mut findings {
            let original = view.original(finding.start..finding.end);
            (finding.start, finding.end) = (original.start, original.end);
        }
        match levels.checked_sub(1) {
            Some(levels) if !text.is_ascii() => self.hidden(text, path, levels, findings),
            _ => findings,
        }
    }

    /// What stands in a view as it is.
    pub(crate) fn plain(&self, text: &str, path: &Path<'_>) -> Vec<Finding<'_>> {
        self.scan(text, path).0
    }

    /// The same, with what else was seen there.
    fn scan<'t>(&self, text: &'t str, path: &Path<'_>) -> (Vec<Finding<'_>>, Scan<'t>) {
        let mut room = [""; NAMES];
        let mut scan = scan::scan(text, path.nearest(&mut room));
        let mut hits: Vec<Hit<'_>> = std::mem::take(&mut scan.hits);
        if let Some(profile) = self.profile {
            hits.retain(|hit| hit.entry.profiles.contains(&profile));
        }
        for detector in &self.custom {
            detector.find(text, &mut hits);
        }
        // What stands under a name was looked at as a whole before a part of it was replaced.
        let had =
            |hit: &Hit<'_>| is_by_name(hit.entry.name) && self.lexicon.has_own(text, hit.start, hit.end);
        hits.retain(|hit| !self.is_own(text, hit.start, hit.end) && !had(hit));
        if hits.is_empty() {
            return (Vec::new(), scan);
        }
        let context = Context { path: &path.words(), about: path.about() };
        (resolve::resolve(&self.lexicon, text, &context, hits, self.level), scan)
    }

    /// Whether a range of a text lies within what this crate put there.
    pub(crate) fn is_own(&self, text: &str, start: usize, end: usize) -> bool {
        self.lexicon.is_own(text, start, end)
    }

    /// What stands behind escapes. The text is looked at without them besides, so that they cannot hide what is plain.
    fn regions<'e>(&'e self, text: &str, path: &Path<'_>, levels: u8, findings: &mut Vec<Finding<'e>>) {
        for region in encoded::regions(text) {
            for finding in self.look(region.decoded.text(), path, levels) {
                if let Some(original) = region.original(finding.start..finding.end) {
                    findings.push(Finding { start: original.start, end: original.end, ..finding });
                }
            }
        }
    }

    /// What stands in base64 and hex: a finding is the whole run.
    fn runs<'e>(&'e self, scan: &mut Scan<'_>, path: &Path<'_>, levels: u8, findings: &mut Vec<Finding<'e>>) {
        for (run, inner) in encoded::runs(scan.text, std::mem::take(&mut scan.runs)) {
            let path = path.behind(encoded::before(scan.text, run.start));
            let surest = self.look(&inner, &path, levels).into_iter().max_by_key(|finding| finding.level);
            findings.extend(surest.map(|finding| Finding { start: run.start, end: run.end, ..finding }));
        }
    }

    /// What the end of a line has broken.
    fn lines<'e>(&'e self, scan: &mut Scan<'_>, path: &Path<'_>, findings: &mut Vec<Finding<'e>>) {
        let text = scan.text;
        // Where the last one ended, and the words before it: they speak of the next one in its line as well.
        let mut last = (0, "");
        for (at, number) in std::mem::take(&mut scan.breaks) {
            let Some(joined) = encoded::joined(text, at, number) else { continue };
            let words = encoded::before(text, joined.start);
            let same_line = joined.start.checked_sub(words.len()).is_some_and(|line| line < last.0);
            let above = if same_line { path.behind(last.1) } else { *path };
            for finding in self.plain(&joined.text, &above.behind(words)) {
                let original = joined.original(finding.start..finding.end);
                let Some(original) = original.filter(|_| finding.word.is_some() || !joined.number) else {
                    continue;
                };
                last = (original.end, if same_line { last.1 } else { words });
                findings.push(Finding { start: original.start, end: original.end, ..finding });
            }
        }
    }

    /// What stands in characters that the view leaves out, beside the findings of the view.
    fn hidden<'e>(
        &'e self,
        text: &str,
        path: &Path<'_>,
        levels: u8,
        seen: Vec<Finding<'e>>,
    ) -> Vec<Finding<'e>> {
        let mut unseen = Vec::new();
        for hidden in encoded::hidden(text) {
            unseen.extend(self.look(&hidden.text, path, levels).into_iter().map(|finding| {
                let original = hidden.original(finding.start..finding.end);
                Finding { start: original.start, end: original.end, ..finding }
            }));
        }
        if unseen.is_empty() { seen } else { overlap::apart(seen, unseen) }
    }
}

/// One that finds all types, for tests.
#[cfg(test)]
pub(crate) fn strict() -> &'static Engine {
    static STRICT: std::sync::LazyLock<Engine> = std::sync::LazyLock::new(|| Engine::new(None, LOWEST));
    &STRICT
}
