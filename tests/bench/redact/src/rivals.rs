//! What looks for forty patterns instead.

use super::{beginning, texts};
use std::sync::LazyLock;

struct Rivals {
    lite: Vec<regex_lite::Regex>,
    whole: Vec<regex::Regex>,
    set: regex::RegexSet,
}

static RIVALS: LazyLock<Rivals> = LazyLock::new(|| {
    let texts = texts::patterns();
    let lite = texts.iter().filter_map(|pattern| regex_lite::Regex::new(pattern).ok()).collect();
    // Of ASCII alone, as those of regex-lite: in texts that are not it is faster by far.
    let ascii: Vec<_> = texts.iter().map(|pattern| format!("(?-u){pattern}")).collect();
    let whole = ascii.iter().filter_map(|pattern| regex::Regex::new(pattern).ok()).collect();
    Rivals { lite, whole, set: regex::RegexSet::new(&ascii).unwrap_or_default() }
});

/// Looks for each pattern with regex-lite, one after the other.
#[allow(unsafe_code, reason = "the name is the interface")]
#[unsafe(no_mangle)]
pub extern "C" fn lite(which: usize, bytes: usize) -> usize {
    RIVALS.lite.iter().map(|pattern| pattern.find_iter(beginning(which, bytes)).count()).sum()
}

/// The same with the crate `regex`.
#[allow(unsafe_code, reason = "the name is the interface")]
#[unsafe(no_mangle)]
pub extern "C" fn whole(which: usize, bytes: usize) -> usize {
    RIVALS.whole.iter().map(|pattern| pattern.find_iter(beginning(which, bytes)).count()).sum()
}

/// Which of the patterns each line has, all of them at once. It does not say where.
#[allow(unsafe_code, reason = "the name is the interface")]
#[unsafe(no_mangle)]
pub extern "C" fn set(which: usize, bytes: usize) -> usize {
    beginning(which, bytes).lines().map(|line| RIVALS.set.matches(line).iter().count()).sum()
}
