//! Hardware addresses.

use crate::entry::{Entry, Profile, words};
use crate::scan::{Scan, is_word};

static MAC_ADDRESS: Entry = Entry {
    name: "MAC_ADDRESS",
    bare: 80,
    context: 90,
    words: words![
        "mac",
        "mac address",
        "hardware address",
        "physical address",
        "ethernet",
        "hwaddr",
        "bssid",
        "wifi",
        "device",
    ],
    profiles: &[Profile::Hipaa, Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] = &[&MAC_ADDRESS];

/// Looks at what may be a MAC address that begins here: six pairs with `:` or `-` between, or three groups of four with
/// dots.
pub(crate) fn mac(scan: &mut Scan<'_>, start: usize) {
    let dotted = scan.at(start + 4) == b'.';
    let (size, groups) = if dotted { (4, 3) } else { (2, 6) };
    let separator = scan.at(start + size);
    let end = start + groups * (size + 1) - 1;
    let text = scan.part(start, end);
    let fits = text.len() == end - start
        && text.iter().enumerate().all(|(at, byte)| {
            if at % (size + 1) == size { *byte == separator } else { byte.is_ascii_hexdigit() }
        });
    let joins = |byte| matches!(byte, b':' | b'-' | b'.');
    let before = scan.before(start);
    // Groups of four behind a dot are weights of letters (Unicode's collation).
    let part_before = is_word(before)
        || dotted && before == b'.'
        || joins(before) && start > 1 && scan.before(start - 1).is_ascii_hexdigit();
    let part_behind = is_word(scan.at(end)) || joins(scan.at(end)) && scan.at(end + 1).is_ascii_hexdigit();
    // Everybody, or nobody.
    let nobody = text.iter().all(|byte| !byte.is_ascii_hexdigit() || Some(byte) == text.first())
        && matches!(text.first(), Some(b'0' | b'f' | b'F'));
    if !fits || part_before || part_behind || nobody {
        return;
    }
    // Digits alone may as well be a date, a time or a number in groups.
    let letters = text.iter().any(u8::is_ascii_alphabetic);
    let bare = if letters || separator == b':' { MAC_ADDRESS.bare } else { 45 };
    scan.sure(start, end, &MAC_ADDRESS, bare, MAC_ADDRESS.context);
}
