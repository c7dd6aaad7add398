//! Names: words that are told by a capital.

use super::lex::{Token, What};
use super::words::Sense;

/// Whether a text is written in capitals, or as titles are; capitals then say nothing.
pub(super) fn is_styled(tokens: &[Token<'_>]) -> bool {
    let words = || tokens.iter().filter(|token| token.what == What::Word);
    let has_small = |token: &Token<'_>| token.text.contains(|c: char| c.is_lowercase());
    let everyday = |token: &&Token<'_>| {
        is_capital(token)
            && has_small(token)
            && token.found.is_some_and(|(entry, _)| entry.sense != Sense::Name)
    };
    let many = words().count() > 1;
    many && (!words().any(has_small)
        || words().filter(everyday).count() > 2
            && words().all(|token| is_capital(token) || SMALL.contains(&token.small)))
}

/// Words that titles have in small letters.
const SMALL: &[&str] =
    &["a", "an", "the", "of", "in", "on", "at", "to", "for", "and", "or", "by", "with", "from"];

/// Whether a word begins with a capital.
pub(super) fn is_capital(token: &Token<'_>) -> bool {
    token.text.starts_with(|c: char| c.is_uppercase())
}

/// The name that a word is, in small letters. `known`: the word is an everyday one; `next`: the word after it.
pub(super) fn name(token: &Token<'_>, known: bool, next: Option<&Token<'_>>) -> Option<String> {
    let inner = token.text.chars().skip(1).any(|c| c.is_uppercase());
    let letters = token.text.chars().count();
    if token.text == "Ms" {
        return None;
    }
    if known {
        // Small words that are abbreviations in capitals.
        let code = inner && matches!(token.small, "it" | "us" | "who" | "am");
        return code.then(|| if token.small == "us" { "usa" } else { token.small }.to_owned());
    }
    let told = if letters == 1 {
        is_capital(token) && !token.first && !matches!(token.small, "i")
    } else if token.first {
        let follows = |next: &Token<'_>| is_capital(next) && !next.apart && next.text.len() > 1;
        inner || is_capital(token) && (token.owner || next.is_some_and(follows) || is_subject(token, next))
    } else {
        is_capital(token) || inner
    };
    // "PDFs" are "PDF".
    let plural = letters > 2
        && token.text.strip_suffix('s').is_some_and(|rest| !rest.contains(|c: char| c.is_lowercase()));
    told.then(|| token.text.strip_suffix('s').filter(|_| plural).unwrap_or(token.text).to_lowercase())
}

/// Whether the unknown word that a sentence begins with is no verb: it has no object or ending of one.
fn is_subject(token: &Token<'_>, next: Option<&Token<'_>>) -> bool {
    let ending = ["ing", "ed", "est", "ly", "es"].iter().any(|ending| token.small.ends_with(ending));
    !ending && next.is_some_and(|next| !OBJECTS.contains(&next.small))
}

/// Words that follow a verb rather than a name.
const OBJECTS: &[&str] = &[
    "the", "a", "an", "my", "our", "your", "his", "her", "their", "its", "me", "us", "you", "it", "them",
    "this", "that", "these", "those", "all", "any", "some", "each", "every", "no", "up", "out", "off", "on",
    "in", "for", "of", "with", "from", "how", "what", "when", "where", "which", "who", "why", "if", "about",
    "into", "down", "over", "by", "two", "three", "to", "as", "at", "is", "are", "per", "who", "without",
    "under", "than", "between", "during", "through", "whether", "and", "or", "not", "back", "not", "please",
];
