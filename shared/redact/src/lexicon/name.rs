//! Names of fields and columns that are written in one word.

use super::{Lexicon, Mention};
use crate::order;
use crate::words::Words;

/// Whose something is, and what follows it, in names of one word.
const OWNERS: &[&str] = &[
    "account",
    "applicant",
    "bank",
    "billing",
    "borrower",
    "business",
    "client",
    "company",
    "contact",
    "customer",
    "debtor",
    "doctor",
    "employee",
    "employer",
    "fld",
    "guest",
    "home",
    "member",
    "merchant",
    "office",
    "owner",
    "patient",
    "payee",
    "payer",
    "payment",
    "person",
    "personal",
    "prescriber",
    "primary",
    "provider",
    "receiver",
    "recipient",
    "seller",
    "sender",
    "shipping",
    "student",
    "subject",
    "subscriber",
    "supplier",
    "tax",
    "txt",
    "user",
    "vendor",
    "work",
];
const ENDS: &[&str] = &["code", "id", "key", "license", "no", "nr", "num", "number", "value"];

impl Lexicon {
    /// All phrases of a name, those too that are written in one word with whose it is, `userdni`, or with what all names may
    /// end with, `dealicense`.
    pub fn mentions_in_name(&self, name: &str) -> Vec<Mention> {
        let mut found = self.mentions(name);
        let told = found.len();
        for word in Words::of(name) {
            let lower = word.lower();
            let known = |glued: &str| {
                let phrases = self.by_first(glued)?.iter();
                phrases.copied().find(|phrase| self.phrases.get(*phrase).is_some_and(|it| it.text == glued))
            };
            let mut glued = OWNERS.iter().filter_map(|owner| lower.strip_prefix(owner));
            let mut ended = ENDS.iter().filter_map(|end| lower.strip_suffix(end));
            let phrase = glued.find_map(known).or_else(|| ended.find_map(known));
            found.extend(phrase.map(|phrase| Mention { start: word.start, end: word.end, phrase }));
        }
        if found.len() > told {
            found = order::by(found, |mention| mention.start as u64);
        }
        found
    }
}
