//! The names of functions in a wasm module, for traces: without what the compiler adds to tell equal ones apart, which no
//! reader can use and no compression makes smaller.

/// The module with shorter names; None if it cannot be read.
pub(crate) fn shorten(module: &[u8]) -> Option<Vec<u8>> {
    let (header, mut rest) = module.split_at_checked(8)?;
    let mut out = header.to_vec();
    while let [kind, behind @ ..] = rest {
        let (section, after) = block(behind)?;
        let names = if *kind == 0 { block(section).filter(|(name, _)| *name == b"name") } else { None };
        out.push(*kind);
        match names {
            Some((name, names)) => put(&mut out, &[&sized(name), &subsections(names)?[..]].concat()),
            None => put(&mut out, section),
        }
        rest = after;
    }
    Some(out)
}

/// The parts of the section: of the kinds, 1 is the names of functions.
fn subsections(mut names: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(names.len());
    while let [kind, behind @ ..] = names {
        let (part, after) = block(behind)?;
        out.push(*kind);
        put(&mut out, &if *kind == 1 { functions(part)? } else { part.to_vec() });
        names = after;
    }
    Some(out)
}

fn functions(part: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(part.len());
    let (count, mut rest) = number(part)?;
    put_number(&mut out, count);
    for _ in 0..count {
        let (index, behind) = number(rest)?;
        let (name, after) = block(behind)?;
        put_number(&mut out, index);
        put(&mut out, short(str::from_utf8(name).ok()?).as_bytes());
        rest = after;
    }
    Some(out)
}

/// `core[0123456789abcdef]::fmt::write` and `postern::handle::h0123456789abcdef` without those numbers.
fn short(name: &str) -> String {
    let is_hash = |text: &str| text.len() >= 13 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let name = match name.rsplit_once("::h") {
        Some((before, hash)) if is_hash(hash) => before,
        _ => name,
    };
    let mut parts = name.split('[');
    let mut short = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(']') {
            Some((hash, rest)) if is_hash(hash) => short.push_str(rest),
            _ => short.extend(["[", part]),
        }
    }
    short
}

/// A number of bytes and so many bytes, and what stands behind them.
fn block(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = number(bytes)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

/// A number in LEB128, and what stands behind it.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if *byte < 0x80 {
            return Some((number, &bytes[at + 1..]));
        }
    }
    None
}

fn put(out: &mut Vec<u8>, block: &[u8]) {
    out.extend(sized(block));
}

fn sized(block: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(block.len() + 5);
    put_number(&mut out, block.len() as u64);
    out.extend(block);
    out
}

fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::{put, shorten, sized};

    fn module(names: &[&str]) -> Vec<u8> {
        let mut functions = vec![names.len() as u8];
        for (index, name) in names.iter().enumerate() {
            functions.push(index as u8);
            put(&mut functions, name.as_bytes());
        }
        let section = [sized(b"name"), vec![0], sized(b"\x01m"), vec![1], sized(&functions)].concat();
        let mut module = b"\0asm\x01\0\0\0\x01\x03abc\0".to_vec();
        put(&mut module, &section);
        module
    }

    #[test]
    fn names_lose_what_says_nothing() {
        let long = "x".repeat(200);
        for (name, expected) in [
            ("postern::handle::h0123456789abcdef", "postern::handle"),
            ("core[0123456789abcdef]::fmt::write", "core::fmt::write"),
            ("<[u8] as a[0123456789abcde]::B<[u8]>>::c", "<[u8] as a::B<[u8]>>::c"),
            ("postern::hash", "postern::hash"),
            (&long, &long),
        ] {
            assert_eq!(shorten(&module(&[name, "main"])).unwrap(), module(&[expected, "main"]));
        }
    }

    #[test]
    fn what_is_no_module_stays() {
        let whole = module(&["postern::handle::h0123456789abcdef"]);
        for length in [3, whole.len() - 1, whole.len() - 40] {
            assert_eq!(shorten(&whole[..length]), None);
        }
    }
}
