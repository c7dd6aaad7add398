//! Values that stand behind a name: `name = "value"`, `"name": "value"`, `<name>value</name>`, `--name value`.

use super::key::Key;
use super::keyed::{self, Form, Means, Place, Word};
use super::place::{
    FLOOR, LEAST, NAME, Value, WHOLE, attribute, element_above, is_count, is_name, is_plain, name_before,
    name_start, parent, value_behind,
};
use super::shape::{ANY, fits, is};
use super::vendors::{GENERIC, PASSWORD};
use super::wordy::is_dense;
use super::{NAMED, header, kube, prefixed, unsigned, value};
use crate::entry::Entry;
use crate::scan::Scan;
use crate::words::{has_any, is_any, is_in};

/// How sure a value of a vendor's shape is under its name.
const SHAPED: u8 = 85;
/// A password or a long random value under a name that speaks of secrets, and a short one.
pub(super) const LIKELY: u8 = 75;
const SHORT: u8 = 65;
/// From how many bytes on a random value is long.
const LONG: usize = 20;
/// The shortest random value.
const SHORTEST: usize = 10;
/// How far behind its last word a name may go on.
const BEHIND: usize = 20;
/// What is least random in a header of a command, in tenths of a bit a byte.
const HEADER_FLOOR: u32 = 27;
/// How much of a name above counts.
const ABOVE: usize = 16;
/// The longest text that is looked at as the value of a field.
const FIELD: usize = 4096;

/// Names of passwords that are not written in ASCII: Chinese, Japanese, Korean, Russian.
const FOREIGN: &[&str] = &["密码", "密碼", "口令", "パスワード", "비밀번호", "пароль", "Пароль"];

/// Words that lead to it: `the password was set to x7Kq...`.
const LEADS: &[&str] = &["as", "changed", "given", "is", "now", "reset", "set", "to", "was"];
/// How far before the end of a tag the one of the cell before it may end.
const CELL: usize = 40;
/// What is least random in a short value of both cases and digits.
const MIXED_FLOOR: u32 = 29;

/// Names that a password may stand behind without a sign, of eight letters.
const BESIDE: &[&str] = &["password", "passwort", "kennwort"];

/// Looks at what is assigned at `=` or `:`, or stands behind `>`, `,` or `|`.
pub(crate) fn assigned(scan: &mut Scan<'_>, at: usize) {
    let (op, next, before) = (scan.at(at), scan.at(at + 1), scan.before(at));
    // The last byte of an operator speaks for it: of `:=`, `==`, `||`.
    let inner = next == b'='
        || next == op
        || op == b':' && (before == b':' || next == b'/' && scan.at(at + 2) == b'/');
    let idle = match op {
        b'>' => matches!(before, b'=' | b'-' | b'/' | b' ' | b'>' | b'?'),
        b',' => !matches!(before, b'"' | b'\''),
        b'|' => next != b' ' || !matches!(before, b' ' | b'|'),
        _ => false,
    };
    if inner || idle {
        return;
    }
    if op == b':' {
        header::user(scan, at);
        header::telegram(scan, at);
        unsigned::colon(scan, at);
        kube::data(scan, at);
    }
    let Some(mut value) = value_behind(scan, at) else { return };
    if op == b',' && value.quote == 0 || is_count(scan, value) || is_plain(scan, at, value) {
        return;
    }
    let Some((mut start, mut end)) = name_before(scan, at) else { return };
    // A place for one in a URL: `https://<user>:<password>@host`.
    if op == b'>' && scan.before(start) == b'<' && matches!(scan.before(start - 1), b':' | b'/' | b'@') {
        return;
    }
    if !is_pair(scan, at, start) {
        let named = if op == b'>' { attribute(scan, at) } else { None };
        let Some(named) = named else { return };
        (start, end) = named;
    }
    let mut key = Key::of(scan.bytes.get(start..end).unwrap_or(&[]));
    let named = match key.text() {
        b"content" => attribute(scan, at),
        b"default" | b"defaultvalue" => parent(scan, start),
        b"value" | b"val" => match attribute(scan, at)
            .or_else(|| element_above(scan, start))
            .or_else(|| name_before(scan, start))
        {
            None => return,
            named => named,
        },
        _ => None,
    };
    if let Some((start, end)) = named {
        key = Key::of(scan.bytes.get(start..end).unwrap_or(&[]));
    }
    if scan.before(end) >= 0x80 && FOREIGN.iter().any(|word| scan.slice(start, end).ends_with(word)) {
        password(scan, value);
        return;
    }
    if in_header(scan, start) {
        value.floor = HEADER_FLOOR;
    }
    if op == b'=' && unsigned::is_session(scan, &key, start) {
        generic(scan, value, SHORTEST, LIKELY);
        return;
    }
    judge(scan, &key, 0, value);
}

/// Whether a quoted name that begins at `start` and what is behind the operator at `at` belong together: in a call or in
/// brackets (`set("token", "...")`) but not in a list, and under an attribute that names (`<entry key="token">...`).
fn is_pair(scan: &Scan<'_>, at: usize, start: usize) -> bool {
    let quoted = matches!(scan.before(at), b'"' | b'\'');
    match scan.at(at) {
        b',' => start <= 1 || has_any(scan.slice(start.saturating_sub(3), start), b"({"),
        b'>' if quoted && scan.slice(at.saturating_sub(CELL), at).contains("</") => true,
        b'>' if quoted => ["name=", "key=", "id="]
            .iter()
            .any(|attribute| scan.has(start.saturating_sub(1 + attribute.len()), attribute)),
        _ => true,
    }
}

/// Looks at what follows a flag: `--api-key value`.
pub(crate) fn flag(scan: &mut Scan<'_>, at: usize) {
    let start = at + 2;
    let length = scan.bytes.iter().skip(start).take(NAME).take_while(|byte| is_name(**byte)).count();
    let end = start + length;
    if length < 3 || scan.at(end) != b' ' || matches!(scan.at(end + 1), b'-' | b' ') {
        return;
    }
    if let Some(value) = value_behind(scan, end) {
        let key = Key::of(scan.bytes.get(start..end).unwrap_or(&[]));
        judge(scan, &key, 0, value);
    }
}

/// Looks at what is said of a word that ends at `end`: `the password is ...`.
pub(crate) fn spoken(scan: &mut Scan<'_>, end: usize) {
    let Some(value) = value_behind(scan, end + 3) else { return };
    let start = name_start(scan, end);
    if !is_plain(scan, end, value) {
        let key = Key::of(scan.bytes.get(start..end).unwrap_or(&[]));
        judge(scan, &key, 0, value);
    }
}

/// Looks at what stands right behind a word that ends at `end`, without a sign: `password x7Kq...`.
pub(crate) fn beside(scan: &mut Scan<'_>, end: usize) {
    let word = scan.slice(end.saturating_sub(8), end);
    if !is_any(word, BESIDE) {
        return;
    }
    let mut start = end;
    for _ in 0..4 {
        let blanks = scan.bytes.iter().skip(start).take(8);
        start += blanks.take_while(|byte| matches!(byte, b' ' | b'\t' | b'-')).count();
        let rest = scan.slice(start, start + 8);
        let Some(word) = rest.split(' ').next().filter(|word| is_in(word, LEADS)) else { break };
        start += word.len();
    }
    let value = Value { start, quote: 0, floor: FLOOR };
    let stop = quoted_end(scan, value);
    let stop = stop - usize::from(matches!(scan.before(stop), b'.' | b')'));
    let text = scan.slice(value.start, stop);
    // A line of `.netrc` says more.
    let netrc = unsigned::line(scan, end, 2 * NAME).contains("login ") && value::is_password(text, false);
    if netrc || value::is_random(text, false, floor(text, FLOOR)) {
        scan.sure(value.start, stop, &PASSWORD, LIKELY, LIKELY);
    }
}

/// Looks at a text as the value of a field. `path` has the names above, its own last.
pub(crate) fn field(scan: &mut Scan<'_>, path: &[&str]) {
    let length = scan.bytes.len();
    let Some((own, above)) = path.split_last() else { return };
    if !(LEAST..=FIELD).contains(&length) {
        return;
    }
    let mut key = Key::new();
    for name in above.iter().skip(above.len().saturating_sub(2)) {
        key.add(name.as_bytes().get(..ABOVE).unwrap_or(name.as_bytes()));
    }
    let from = key.len();
    key.add(own.as_bytes());
    judge(scan, &key, from, Value { start: 0, quote: WHOLE, floor: FLOOR });
}

/// Whether a name begins a header that a command is given: `-H "Token: ..."`.
fn in_header(scan: &Scan<'_>, start: usize) -> bool {
    let before = |bytes: usize| scan.part(start.saturating_sub(bytes), start);
    before(4).windows(2).any(|it| it == b"-H") || before(10).windows(8).any(|it| it == b"--header")
}

/// What a name says of its value.
#[derive(Default)]
struct Said {
    vendors: [Option<(&'static Entry, &'static [Form])>; 3],
    /// In which parts of the name, as blanks divide it, it is said to be a secret, perhaps one, a password, none.
    secret: u64,
    hint: u64,
    password: u64,
    never: u64,
    client: bool,
}

impl Said {
    /// Where it says so and does not deny it: `the login url and password`, but not `public key`.
    fn stands(&self, parts: u64) -> bool {
        parts & !self.never != 0
    }
}

/// Reads a name; before `from` only vendors count.
fn read(key: &Key, from: usize) -> Said {
    let mut said = Said::default();
    let text = key.text();
    let mut ahead = [text.first().copied().unwrap_or(0), text.get(1).copied().unwrap_or(0)];
    for at in 0..text.len().saturating_sub(1) {
        let ([first, second], third) = (ahead, text.get(at + 2).copied().unwrap_or(0));
        ahead = [second, third];
        for word in keyed::beginning(first, second, third) {
            let end = at + word.text.len();
            let alike = word.text.as_bytes().get(1) == Some(&second);
            let there = alike && text.get(at..end) == Some(word.text.as_bytes());
            if !there || !stands(key, word, at, end) || from == 0 && end + BEHIND < text.len() {
                continue;
            }
            let parts = key.parts(at, end);
            match word.means {
                Means::Vendor(entry, forms) => {
                    if let Some(free) = said.vendors.iter_mut().find(|vendor| vendor.is_none()) {
                        *free = Some((entry, forms));
                    }
                }
                _ if at < from => {}
                Means::Secret => said.secret |= parts,
                Means::Hint => said.hint |= parts,
                Means::Password if is_last(key, end) => said.password |= parts,
                Means::Password => said.secret |= parts,
                Means::Client => said.client = true,
                Means::Never => said.never |= parts,
            }
        }
    }
    said
}

fn stands(key: &Key, word: &Word, start: usize, end: usize) -> bool {
    match word.place {
        Place::Anywhere => true,
        Place::Begins => {
            key.is_boundary(start)
                || end == key.len() && !matches!(word.means, Means::Vendor(..) | Means::Never)
        }
        Place::Whole => key.is_boundary(start) && key.is_boundary(end),
    }
}

/// Whether nothing of meaning follows in a name: its end, a number, a type.
fn is_last(key: &Key, end: usize) -> bool {
    let rest = key.text().get(end..).unwrap_or(&[]);
    rest.iter().all(u8::is_ascii_digit) || matches!(rest, b"string" | b"str" | b"text" | b"value" | b"is")
}

/// Whether a name says that its value is a password or a secret.
pub(super) fn promises(key: &Key) -> bool {
    let said = read(key, 0);
    said.stands(said.password | said.secret | said.hint)
}

/// Notes the value if it is what its name says.
pub(super) fn judge(scan: &mut Scan<'_>, key: &Key, from: usize, value: Value) {
    let said = read(key, from);
    if header::is_authorization(key.text()) && header::authorization(scan, value) {
        return;
    }
    let strong = said.client || said.secret | said.hint | said.password != 0;
    if key.text().ends_with(b"auth") && header::encoded(scan, value.start) {
        return;
    }
    if !strong && said.vendors.iter().all(Option::is_none) {
        return;
    }
    for (entry, forms) in said.vendors.iter().flatten() {
        let good =
            |end: &usize| is_end(scan, *end, value) && value::is_vendors(scan.slice(value.start, *end));
        let mut fitting = forms.iter().filter(|form| strong || !form.weak);
        if let Some(end) = fitting.find_map(|form| fits(scan.bytes, value.start, form.parts).filter(good)) {
            scan.sure(value.start, end, entry, SHAPED, SHAPED);
            return;
        }
    }
    if let Some((end, rule)) = prefixed(scan, value.start) {
        scan.sure(value.start, end, rule.entry, NAMED, NAMED);
        return;
    }
    if said.stands(said.password) {
        password(scan, value);
    } else if said.stands(said.secret) {
        generic(scan, value, SHORTEST, LIKELY);
    } else if said.stands(said.hint) {
        generic(scan, value, LONG, SHORT);
    }
}

/// What is least random: short values repeat themselves by chance.
fn floor(text: &str, floor: u32) -> u32 {
    if text.len() < LONG && value::is_mixed(text) { floor.min(MIXED_FLOOR) } else { floor }
}

/// Notes a random value; `level` is how sure a short one is.
fn generic(scan: &mut Scan<'_>, value: Value, least: usize, level: u8) {
    let far = quoted_end(scan, value);
    let dense = is_dense(scan.slice(value.start, far));
    let end = if dense { far } else { random_end(scan, value) };
    let text = scan.slice(value.start, end);
    let least = if value.floor < FLOOR { SHORTEST } else { least };
    if (dense || is_end(scan, end, value))
        && text.len() >= least
        && value::is_random(
            text,
            value.quote != 0,
            if level == LIKELY { floor(text, value.floor) } else { value.floor },
        )
    {
        let level = if text.len() >= LONG { LIKELY } else { level };
        scan.sure(value.start, end, &GENERIC, level, level);
    }
}

fn password(scan: &mut Scan<'_>, value: Value) {
    let end = quoted_end(scan, value);
    if value.quote != 0 && !is_closed(scan, end, value.quote) {
        return;
    }
    // A sentence or a bracket ends behind it.
    let trailing = value.quote == 0 && matches!(scan.before(end), b'.' | b',' | b')' | b']');
    let end = end - usize::from(trailing);
    if value::is_password(scan.slice(value.start, end), value.quote != 0) {
        scan.sure(value.start, end, &PASSWORD, LIKELY, LIKELY);
    }
}

/// Where a run of what secrets are written with ends; in quotes anything but blanks.
fn random_end(scan: &Scan<'_>, value: Value) -> usize {
    let rest = scan.bytes.iter().skip(value.start).take(value::LONGEST + 1);
    let run = value.start + rest.take_while(|byte| is(**byte, ANY)).count();
    if value.quote == 0 || is_end(scan, run, value) { run } else { quoted_end(scan, value) }
}

/// Where a quoted value ends, or one without quotes that may hold any sign but those that end it.
pub(super) fn quoted_end(scan: &Scan<'_>, value: Value) -> usize {
    let rest = scan.bytes.iter().skip(value.start).take(value::LONGEST + 1);
    let inside = |byte: &u8| match value.quote {
        0 => {
            !matches!(byte, b'"' | b'\'' | b'`' | b';' | b',' | b'&' | b'<' | b'|' | b'}' | b'\\' | 0..=b' ')
        }
        WHOLE => !matches!(byte, 0..=b' '),
        quote => *byte != quote && !matches!(byte, b'\\' | 0..=b' '),
    };
    value.start + rest.take_while(|byte| inside(byte)).count()
}

/// Whether a quoted value ends here with its quote; one with blanks is a sentence.
fn is_closed(scan: &Scan<'_>, end: usize, quote: u8) -> bool {
    end == scan.bytes.len() || quote != WHOLE && (scan.at(end) == quote || scan.at(end) == b'\\')
}

/// Whether a value may end here.
pub(super) fn is_end(scan: &Scan<'_>, end: usize, value: Value) -> bool {
    let next = scan.at(end);
    match value.quote {
        WHOLE => end == scan.bytes.len(),
        0 => match next {
            0 => end == scan.bytes.len(),
            b'-' | b'.' => !is(scan.at(end + 1), ANY),
            b'(' | b'[' | b'{' | b'$' | b'@' | b':' | b'*' | b'!' | b'?' | b'#' | b'^' => false,
            _ => !is(next, ANY),
        },
        quote => {
            next == quote
                || matches!(next, b'\\' | b' ' | b'\n' | b'\r' | b'"' | b'\'' | b'`' | b';')
                || end == scan.bytes.len()
        }
    }
}
