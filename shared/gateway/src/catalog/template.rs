//! Which URIs a URI template (RFC 6570) stands for: enough of it to tell whose a URI is. Pure, bounded.

/// Most expressions of one template that is matched.
const EXPRESSIONS: usize = 8;
/// Longest template and URI that are matched, in bytes: what is longer is routed by exact name only.
const LONGEST: usize = 2_048;

/// A parsed template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// These bytes.
    Literal(String),
    /// `{var}`: at least one character, none of `/`, `?` and `#` (level 1 writes those as `%XX`).
    Simple,
    /// Any other expression (`{+path}`, `{?query}`, `{list*}`): any characters, also none.
    Any,
}

impl Template {
    /// Parses a template; `None` when it is not one, or over the bounds.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            let (expression, tail) = after.split_once('}')?;
            if parts.len() >= 2 * EXPRESSIONS || expression.is_empty() || literal.contains('}') {
                return None;
            }
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            let simple = expression.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '%')
                && !expression.contains([',', '*']);
            parts.push(if simple { Part::Simple } else { Part::Any });
            rest = tail;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        (!rest.contains('}')).then_some(Self { parts })
    }

    /// What all its URIs start with.
    pub(super) fn prefix(&self) -> &str {
        match self.parts.first() {
            Some(Part::Literal(literal)) => literal,
            _ => "",
        }
    }

    /// How much of it is fixed: (length of the prefix, of all literals). The greater is the more specific.
    pub(super) fn weight(&self) -> (usize, usize) {
        let all = self.parts.iter().map(|part| match part {
            Part::Literal(literal) => literal.len(),
            Part::Simple | Part::Any => 0,
        });
        (self.prefix().len(), all.sum())
    }

    /// Equal for templates that stand for the same URIs and differ in the names of their variables.
    pub(super) fn shape(&self) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Literal(literal) => literal.as_str(),
                Part::Simple => "{}",
                Part::Any => "{*}",
            })
            .collect()
    }

    /// Whether `uri` may be one of its expansions. Every part moves a set of positions forward, so the work is
    /// at most parts times length: no backtracking.
    pub(super) fn matches(&self, uri: &str) -> bool {
        if uri.len() > LONGEST || !uri.starts_with(self.prefix()) {
            return false;
        }
        let bytes = uri.as_bytes();
        let mut at = vec![false; bytes.len().saturating_add(1)];
        if let Some(start) = at.first_mut() {
            *start = true;
        }
        for part in &self.parts {
            at = match part {
                Part::Literal(literal) => after_literal(&at, bytes, literal.as_bytes()),
                Part::Simple => after_run(&at, bytes, |byte| !matches!(byte, b'/' | b'?' | b'#'), false),
                Part::Any => after_run(&at, bytes, |_| true, true),
            };
        }
        at.last().copied().unwrap_or(false)
    }
}

fn after_literal(at: &[bool], bytes: &[u8], literal: &[u8]) -> Vec<bool> {
    let mut next = vec![false; at.len()];
    for (from, _) in at.iter().enumerate().filter(|&(_, &here)| here) {
        if bytes.get(from..).is_some_and(|rest| rest.starts_with(literal))
            && let Some(to) = next.get_mut(from.saturating_add(literal.len()))
        {
            *to = true;
        }
    }
    next
}

/// Positions reached by a run of bytes that `accepts`, from any of `at`; with `empty`, also by no byte.
fn after_run(at: &[bool], bytes: &[u8], accepts: impl Fn(u8) -> bool, empty: bool) -> Vec<bool> {
    let mut running = false;
    let mut next = Vec::with_capacity(at.len());
    for (place, &here) in at.iter().enumerate() {
        // `running`: some earlier position reaches this one by accepted bytes.
        let previous = place.checked_sub(1).and_then(|before| bytes.get(before));
        running = running && previous.is_some_and(|&byte| accepts(byte));
        next.push(running || empty && here);
        running |= here;
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matching() {
        for (template, uri, expected) in [
            ("test://template/{id}/data", "test://template/7/data", true),
            ("test://template/{id}/data", "test://template/7/8/data", false),
            ("test://template/{id}/data", "test://template//data", false),
            ("test://template/{id}/data", "test://template/7/data/", false),
            ("file:///{+path}", "file:///a/b/c", true),
            ("file:///{+path}", "file:///", true),
            ("file:///{path}", "file:///a/b", false),
            ("{scheme}", "abc", true),
            ("{+any}", "", true),
            ("{one}", "", false),
            ("x://{a}-{b}", "x://p-q-r", true),
            ("x://{a}-{b}", "x://p", false),
            ("{+a}1{b}/", "p1q/r1s/", true),
            ("x://a{?q,lang}", "x://a?q=1&lang=de", true),
            ("x://a{?q,lang}", "x://a", true),
            ("x://{list*}", "x://a/b", true),
            ("x://ü/{id}", "x://ü/é", true),
            ("plain", "plain", true),
            ("plain", "plainer", false),
        ] {
            let parsed = Template::parse(template).map(|parsed| parsed.matches(uri));
            assert_eq!(parsed, Some(expected), "{template} on {uri}");
        }
    }

    #[test]
    fn refused() {
        for template in ["{", "a{b", "a}b", "a{}", "}{", &"{a}".repeat(40), &"x".repeat(3_000)] {
            assert_eq!(Template::parse(template), None, "{template}");
        }
    }

    #[test]
    fn bounded_in_time() {
        let template = Template::parse(&format!("{}b", "{+a}a".repeat(EXPRESSIONS)))
            .unwrap_or_else(|| unreachable!("eight expressions are within the bound"));
        assert!(!template.matches(&"a".repeat(LONGEST)));
        assert!(!template.matches(&"a".repeat(LONGEST + 1)));
    }

    #[test]
    fn shapes() {
        let shape = |text| Template::parse(text).map(|parsed| parsed.shape());
        assert_eq!(shape("x://{id}/y"), shape("x://{name}/y"));
        assert_ne!(shape("x://{id}/y"), shape("x://{+id}/y"));
    }
}
