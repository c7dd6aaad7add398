//! The literal of a pattern.

/// The longest text that stands in every match as it is written; none if that cannot be told. Looks at what is on the
/// pattern's outermost level only.
pub(super) fn of(pattern: &str) -> Option<String> {
    let (mut longest, mut run) = (String::new(), String::new());
    let mut characters = pattern.chars().peekable();
    let mut depth = 0_u32;
    while let Some(character) = characters.next() {
        let literal = match character {
            '(' => {
                // Flags change what a literal is, here and behind.
                let mut ahead = characters.clone();
                if ahead.next() == Some('?') && !matches!(ahead.next(), Some(':' | 'P' | '<')) {
                    return None;
                }
                depth += 1;
                None
            }
            ')' => {
                depth = depth.saturating_sub(1);
                None
            }
            '[' => {
                skip_class(&mut characters);
                None
            }
            '|' if depth == 0 => return None,
            '\\' => match characters.next() {
                Some('x' | 'u' | 'U' | 'p' | 'P') => return None,
                escaped => {
                    escaped.filter(|escaped| !escaped.is_alphanumeric() && !matches!(escaped, '<' | '>'))
                }
            },
            // What is repeated or may be missing is no part of the literal.
            '?' | '*' | '{' => {
                run.pop();
                if character == '{' {
                    characters.by_ref().take_while(|c| *c != '}').for_each(drop);
                }
                None
            }
            '+' | '.' | '^' | '$' | '|' => None,
            other => Some(other),
        };
        match literal.filter(|_| depth == 0) {
            Some(literal) => run.push(literal),
            None => keep(&mut longest, &mut run),
        }
    }
    keep(&mut longest, &mut run);
    (!longest.is_empty()).then_some(longest)
}

/// Ends a run.
fn keep(longest: &mut String, run: &mut String) {
    if run.len() > longest.len() {
        std::mem::swap(longest, run);
    }
    run.clear();
}

/// Goes behind a class: `[^]a-z\]]`.
fn skip_class(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    characters.next_if_eq(&'^');
    characters.next_if_eq(&']');
    let mut depth = 1;
    while let Some(character) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

#[cfg(test)]
#[test]
fn of_patterns() {
    for (pattern, expected) in [
        (r"\bACME-\d{6}\b", Some("ACME-")),
        (r"emp_[0-9a-f]{8}_id", Some("emp_")),
        (r"ab?cdef", Some("cdef")),
        (r"abc+d", Some("abc")),
        (r"abcx{2}yz", Some("abc")),
        (r"a\.b\.c", Some("a.b.c")),
        (r"[]ABC\]]XYZ", Some("XYZ")),
        (r"[[:alpha:]]+@corp", Some("@corp")),
        (r"(?:abc)+12", Some("12")),
        (r"(?P<value>abcdef)-xyz", Some("-xyz")),
        (r"(?i)acme-\d+", None),
        (r"acme-(?i:x)\d+", None),
        (r"acme|other", None),
        (r"(acme|other)-\d", Some("-")),
        (r"\x41BC", None),
        (r"\d{8}", None),
        (r"x*", None),
        ("日本-[0-9]", Some("日本-")),
        ("(", None),
        ("[abc", None),
        ("\\", None),
        ("abc{", Some("ab")),
    ] {
        assert_eq!(of(pattern).as_deref(), expected, "{pattern}");
    }
}
