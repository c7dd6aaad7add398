//! Addresses of the net: mail, URLs with credentials, IP and MAC.

mod domains;
mod email;
mod ip;
mod mac;
mod url;

#[cfg(test)]
mod tests;

use crate::entry::Entry;
use crate::scan::{Scan, is_word};

pub(crate) use email::email;
pub(crate) use url::url;

/// Every type of this module.
pub(crate) static ENTRIES: &[&[&Entry]] = &[email::ENTRIES, ip::ENTRIES, mac::ENTRIES, url::ENTRIES];

/// Looks around a colon: IPv6, MAC.
pub(crate) fn colon(scan: &mut Scan<'_>, at: usize) {
    let mut start = at;
    while at - start <= 4 && scan.before(start).is_ascii_hexdigit() {
        start -= 1;
    }
    // Only the first colon of an address, and only where no word goes on.
    let before = scan.before(start);
    if at - start > 4 || is_word(before) || before == b':' {
        return;
    }
    if at - start == 2 {
        mac::mac(scan, start);
    }
    ip::v6(scan, start);
}

/// Looks at a short word with a dot or a hyphen behind: IPv4, MAC.
pub(crate) fn short(scan: &mut Scan<'_>, start: usize, end: usize) {
    match (end - start, scan.at(end)) {
        (1..=3, b'.') => ip::v4(scan, start),
        (4, b'.') | (2, b'-') => mac::mac(scan, start),
        _ => {}
    }
}
