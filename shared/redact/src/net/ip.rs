//! IP addresses.

use crate::entry::{Entry, Profile, words};
use crate::scan::{Scan, is_word};
use crate::words::is_any;
use std::net::Ipv6Addr;

static IP_ADDRESS: Entry = Entry {
    name: "IP_ADDRESS",
    bare: 80,
    context: 90,
    words: words![
        "ip",
        "ipv4",
        "ipv6",
        "ip address",
        "host",
        "client ip",
        "client address",
        "remote address",
        "source address",
        "server address",
        "remote addr",
        "server",
        "gateway",
        "dns",
    ],
    profiles: &[Profile::Hipaa, Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] = &[&IP_ADDRESS];

/// What stands before four numbers that are a version, small.
const VERSIONS: &[&str] = &[
    "appendix", "assembly", "chapter", "clause", "driver", "figure", "firmware", "kernel", "oid", "package",
    "rel", "release", "rev", "runtime", "rv", "schema", "sdk", "sec", "section", "table", "upgrade", "ver",
    "vers",
];
/// A version and a section have small numbers alone.
const SMALL: u32 = 32;

/// Looks at what may be an IPv4 address that begins here.
pub(crate) fn v4(scan: &mut Scan<'_>, start: usize) {
    let Some((end, numbers)) = dotted(scan, start) else { return };
    let (next, after) = (scan.at(end), scan.at(end + 1));
    let before = scan.before(start);
    let further = start.checked_sub(1).map_or(0, |at| scan.before(at));
    let compared = before == b'=' && matches!(further, b'=' | b'<' | b'>' | b'~' | b'!')
        || matches!(before, b'~' | b'^');
    // One more number or a word that goes on; `==1.2.3.4`; `§ 4.2.1.13`.
    let section = scan.text.get(..start).is_some_and(|text| text.trim_end_matches(' ').ends_with('§'));
    if is_word(next) || next == b'.' && is_word(after) || before == b'.' || compared || section {
        return;
    }
    // `Chrome/120.0.0.0`, `package-1.2.3.4`, `1.2.3.4-rc1`, `release 1.2.3.4`.
    let named =
        before == b'-' && further.is_ascii_alphabetic() || before == b'/' && is_product(scan, start - 1);
    // `2:1.2.3.4` of a package, its epoch before it.
    let epoch = before == b':' && further.is_ascii_digit() && !is_word(scan.before(start - 2));
    let candidate = next == b'-' && after.is_ascii_alphabetic();
    let small = numbers.iter().all(|number| *number < SMALL)
        && numbers.windows(2).any(|pair| pair.first() != pair.last());
    let (bare, context) = if named || candidate || epoch || is_version(scan, start) {
        (45, 70)
    } else if small {
        (70, IP_ADDRESS.context)
    } else {
        (IP_ADDRESS.bare, IP_ADDRESS.context)
    };
    let end = network(scan, end, 32);
    scan.sure(start, end, &IP_ADDRESS, bare, context);
}

/// Whether a product's name stands before the slash, and not a path.
fn is_product(scan: &Scan<'_>, slash: usize) -> bool {
    let mut at = slash;
    while scan.before(at).is_ascii_alphanumeric() && at > slash.saturating_sub(24) {
        at -= 1;
    }
    at < slash && !matches!(scan.before(at), b'/' | b'.' | b'-' | b'_')
}

/// Four numbers up to 255 with dots between, without leading zeros, and where they end.
fn dotted(scan: &Scan<'_>, start: usize) -> Option<(usize, [u32; 4])> {
    let mut at = start;
    let mut numbers = [0; 4];
    for (part, number) in numbers.iter_mut().enumerate() {
        let (first, mut value) = (at, 0_u32);
        while scan.at(at).is_ascii_digit() && at - first < 4 {
            value = value * 10 + u32::from(scan.at(at) - b'0');
            at += 1;
        }
        let length = at - first;
        if length == 0 || value > 255 || length > 1 && scan.at(first) == b'0' {
            return None;
        }
        *number = value;
        if part < 3 {
            if scan.at(at) != b'.' {
                return None;
            }
            at += 1;
        }
    }
    Some((at, numbers))
}

/// Where an address ends with the length of its network (`/24`), if one stands behind.
fn network(scan: &Scan<'_>, end: usize, most: u32) -> usize {
    let mut at = end + 1;
    let mut length = 0_u32;
    while scan.at(at).is_ascii_digit() && at < end + 4 {
        length = length * 10 + u32::from(scan.at(at) - b'0');
        at += 1;
    }
    let is = scan.at(end) == b'/'
        && at > end + 1
        && length <= most
        && !is_word(scan.at(at))
        && scan.at(at) != b'/';
    if is { at } else { end }
}

/// Whether the word before says that it is a version.
fn is_version(scan: &Scan<'_>, start: usize) -> bool {
    let mut end = start;
    while matches!(scan.before(end), b' ' | b':' | b'=' | b'"' | b'(') && end > start.saturating_sub(4) {
        end -= 1;
    }
    let mut from = end;
    while scan.before(from).is_ascii_alphabetic() && from > end.saturating_sub(10) {
        from -= 1;
    }
    let word = scan.slice(from, end);
    is_any(word, VERSIONS)
}

/// The longest IPv6 address, with an IPv4 address in it.
const LONGEST: usize = 45;

/// Looks at what may be an IPv6 address that begins here.
pub(crate) fn v6(scan: &mut Scan<'_>, start: usize) {
    let mut end = start;
    while (scan.at(end).is_ascii_hexdigit() || matches!(scan.at(end), b':' | b'.')) && end - start <= LONGEST
    {
        end += 1;
    }
    // A sentence may end or a list go on behind it.
    let mut word = scan.slice(start, end);
    word = word.trim_end_matches('.');
    if word.ends_with(':') && !word.ends_with("::") {
        word = word.get(..word.len() - 1).unwrap_or("");
    }
    let end = start + word.len();
    let goes_on = is_word(scan.at(end)) || scan.at(end) == b':' && scan.at(end + 1).is_ascii_hexdigit();
    if end - start > LONGEST || goes_on || word.parse::<Ipv6Addr>().is_err() {
        return;
    }
    let Some((bare, context)) = levels(word) else { return };
    let end = network(scan, zone(scan, end), 128);
    scan.sure(start, end, &IP_ADDRESS, bare, context);
}

/// How sure an address is. Few and short groups may be names with a scope (`a::b`), eight of two digits hardware.
fn levels(word: &str) -> Option<(u8, u8)> {
    let groups = || word.split(':').filter(|group| !group.is_empty());
    let digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let first = groups().next().map_or(0, str::len);
    match groups().count() {
        0 => None,
        8 if groups().all(|group| group.len() == 2) => None,
        1 if word == "::1" => Some((IP_ADDRESS.bare, IP_ADDRESS.context)),
        2.. if digit && (first > 2 || groups().count() > 3 || word.contains('.')) => {
            Some((IP_ADDRESS.bare, IP_ADDRESS.context))
        }
        count => (digit && count > 1 || count > 2).then_some((45, 75)),
    }
}

/// Where an address ends with its zone (`%eth0`).
fn zone(scan: &Scan<'_>, end: usize) -> usize {
    let mut at = end + 1;
    while is_word(scan.at(at)) && at < end + 16 {
        at += 1;
    }
    if scan.at(end) == b'%' && at > end + 1 { at } else { end }
}
