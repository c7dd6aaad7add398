//! Where a value stands in a document.

use crate::engine::Context;
use std::fmt;

/// The names of the fields above a value.
#[derive(Debug, Clone, Copy)]
pub struct Path<'a>(Step<'a>);

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    /// Where the document stands itself.
    Root(&'a Context<'a>),
    Under {
        name: &'a str,
        above: &'a Path<'a>,
    },
    /// With a label that stands beside it: the name of its column, or another member of its object.
    Labelled {
        label: &'a str,
        above: &'a Path<'a>,
    },
    /// Behind words that are no name.
    Behind {
        words: &'a str,
        above: &'a Path<'a>,
    },
}

impl<'a> Path<'a> {
    /// Of a document that stands there.
    #[must_use]
    pub const fn root(context: &'a Context<'a>) -> Self {
        Self(Step::Root(context))
    }

    /// Of a field below.
    #[must_use]
    pub const fn under(&'a self, name: &'a str) -> Self {
        Self(Step::Under { name, above: self })
    }

    /// With a label that says what a value is, as a name would, but is none; or without.
    pub(crate) const fn labelled(&'a self, label: Option<&'a str>) -> Self {
        match label {
            Some(label) => Self(Step::Labelled { label, above: self }),
            None => *self,
        }
    }

    /// Of a part of a text, behind words that may speak of it.
    pub(crate) const fn behind(&'a self, words: &'a str) -> Self {
        Self(Step::Behind { words, above: self })
    }

    /// The nearest names of which a text is the value, as many as there is room for, the outermost of them first. A part of
    /// a text, or a key, is no value.
    pub(crate) fn nearest<'r>(&self, room: &'r mut [&'a str]) -> &'r [&'a str] {
        let mut from = room.len();
        let mut step = self.0;
        let mut put = |name| {
            let before = from.checked_sub(1)?;
            *room.get_mut(before)? = name;
            from = before;
            Some(())
        };
        loop {
            match step {
                Step::Root(context) => {
                    let _full = context.path.iter().rev().try_for_each(|name| put(*name));
                    break;
                }
                Step::Under { name, above } | Step::Labelled { label: name, above } => {
                    if put(name).is_none() {
                        break;
                    }
                    step = above.0;
                }
                Step::Behind { .. } => break,
            }
        }
        room.get(from..).unwrap_or(&[])
    }

    /// All names, the outermost first. The elements of an array stand under the array's name.
    #[must_use]
    pub fn names(&self) -> Vec<&'a str> {
        self.collect(false)
    }

    /// The same with the labels between them.
    pub(crate) fn words(&self) -> Vec<&'a str> {
        self.collect(true)
    }

    fn collect(&self, labels: bool) -> Vec<&'a str> {
        let mut names = Vec::new();
        let mut step = self.0;
        let context = loop {
            match step {
                Step::Root(context) => break context,
                Step::Under { name, above } | Step::Behind { words: name, above } => {
                    names.push(name);
                    step = above.0;
                }
                Step::Labelled { label, above } => {
                    if labels {
                        names.push(label);
                    }
                    step = above.0;
                }
            }
        };
        names.extend(context.path.iter().rev());
        names.reverse();
        names
    }

    /// What else is said of the document.
    #[must_use]
    pub fn about(&self) -> &'a str {
        let mut step = self.0;
        loop {
            match step {
                Step::Root(context) => return context.about,
                Step::Under { above, .. } | Step::Labelled { above, .. } | Step::Behind { above, .. } => {
                    step = above.0;
                }
            }
        }
    }
}

/// `customer.cards.number`.
impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.names().join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_above() {
        let context = Context { path: &["tool", "result"], about: "a search" };
        let root = Path::root(&context);
        let field = root.under("customer");
        let deeper = field.under("card");
        let behind = deeper.behind("number is");
        assert_eq!(behind.names(), ["tool", "result", "customer", "card", "number is"]);
        assert_eq!(deeper.to_string(), "tool.result.customer.card");
        assert_eq!(behind.about(), "a search");
        let labelled = field.labelled(Some("SSN"));
        assert_eq!((labelled.names(), labelled.about()), (field.names(), "a search"));
        assert_eq!(labelled.words(), ["tool", "result", "customer", "SSN"]);
        for (path, room, expected) in [
            (&behind, 2, &[][..]),
            (&deeper, 2, &["customer", "card"]),
            (&field, 2, &["result", "customer"]),
            (&root, 1, &["result"]),
            (&labelled, 2, &["customer", "SSN"]),
            (&root, 4, &["tool", "result"]),
            (&behind, 0, &[]),
        ] {
            assert_eq!(path.nearest(&mut vec![""; room]), expected);
        }
    }
}
