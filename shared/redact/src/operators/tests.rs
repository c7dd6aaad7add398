use super::*;

fn keys() -> Keys {
    Keys::new(Key::new("k2", &[2; 32]).unwrap(), vec![Key::new("k1", &[1; 32]).unwrap()]).unwrap()
}

const SCOPE: Scope<'_> = Scope { tenant: "acme", agent: "bot", direction: Direction::Response };

fn once(operator: &Operator, kind: &str, value: &str) -> String {
    match Replacer::new(Some(&keys()), SCOPE).apply(operator, kind, value) {
        Outcome::Replace(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn masks() {
    let mask = |left, right, fixed| Mask::new(left, right, '*', fixed).unwrap();
    for (kind, mask, value, expected) in [
        ("US_SSN", mask(0, 4, None), "078-05-1120", "***-**-1120"),
        ("US_SSN", mask(0, 0, None), "078-05-1120", "***-**-****"),
        ("US_SSN", mask(8, 8, None), "078-05-1120", "***-**-****"),
        ("US_SSN", mask(0, 4, Some(3)), "078-05-1120", "***1120"),
        ("US_SSN", mask(1, 1, Some(4)), "078-05-1120", "0****0"),
        ("CREDIT_CARD", mask(6, 4, None), "4111 1111 1111 1111", "4111 11** **** 1111"),
        ("CREDIT_CARD", mask(8, 8, None), "4111 1111 1111 1111", "4111 1111 **** 1111"),
        ("CREDIT_CARD", mask(8, 8, None), "378282246310005", "378282*****0005"),
        ("PERSON", mask(1, 0, None), "Zoë Äuß", "Z** ***"),
        ("PERSON", mask(0, 1, None), "李小龍", "**龍"),
        ("SECRET_GENERIC", Mask::ALL, "hunter2", "********"),
        ("EMAIL_ADDRESS", mask(1, 0, None), "jo@example.com", "j*@*******.***"),
        ("X", mask(0, 0, None), "", ""),
    ] {
        assert_eq!(once(&Operator::Mask(mask), kind, value), expected, "{value}");
    }
    for (left, right, with, fixed, expected) in [
        (9, 0, '*', None, MaskError::Kept),
        (0, 9, '*', None, MaskError::Kept),
        (0, 0, '0', None, MaskError::With),
        (0, 0, '"', None, MaskError::With),
        (0, 0, '•', Some(2), MaskError::Fixed),
    ] {
        assert_eq!(Mask::new(left, right, with, fixed), Err(expected));
    }
}

#[test]
fn tags_are_numbered_by_message() {
    let mut message = Replacer::new(None, SCOPE);
    for (kind, value, expected) in [
        ("US_SSN", "078-05-1120", "[US_SSN_1]"),
        ("US_SSN", "219-09-9999", "[US_SSN_2]"),
        ("US_SSN", "078051120", "[US_SSN_1]"),
        ("EMAIL_ADDRESS", "a@example.com", "[EMAIL_ADDRESS_1]"),
        ("UK_NHS", "078051120", "[UK_NHS_1]"),
    ] {
        assert_eq!(message.apply(&Operator::Tag, kind, value), Outcome::Replace(expected.to_owned()));
    }
    // Without keys, and of types that an operator cannot do, there is a tag as well.
    for operator in [Operator::Hash, Operator::Token, Operator::Preserve, Operator::Synthetic] {
        let tag = Outcome::Replace("[US_SSN_2]".to_owned());
        assert_eq!(message.apply(&operator, "US_SSN", "219-09-9999"), tag);
    }
    assert_eq!(once(&Operator::Synthetic, "IBAN_CODE", "DE89370400440532013000"), "[IBAN_CODE_1]");
    assert_eq!(once(&Operator::Preserve, "IBAN_CODE", "DE89370400440532013000"), "[IBAN_CODE_1]");
    assert_eq!(once(&Operator::Preserve, "PIN", "12345"), "[PIN_1]");
    assert_eq!(once(&Operator::Preserve, "CREDIT_CARD", "4111111111111112"), "[CREDIT_CARD_1]");
}

#[test]
fn hashes_differ_by_key_tenant_and_type() {
    let keys = keys();
    let hash = |tenant, kind, value| hash::of(keys.newest(), tenant, kind, value);
    let one = hash("acme", "US_SSN", "078-05-1120");
    assert_eq!(one, hash("acme", "US_SSN", "078 05 1120"));
    assert_eq!(one.len(), "US_SSN_".len() + 20);
    let old = hash::of(keys.by_id("k1").unwrap(), "acme", "US_SSN", "078-05-1120");
    for other in [hash("other", "US_SSN", "078051120"), hash("acme", "US_ITIN", "078051120"), old] {
        assert_ne!(one.rsplit('_').next(), other.rsplit('_').next());
    }
    // The lengths of the parts count.
    assert_ne!(keys.newest().derive("p", &["ab", "c"]), keys.newest().derive("p", &["a", "bc"]));
}

#[test]
fn tokens_come_back_in_their_scope_only() {
    let keys = keys();
    for value in ["078-05-1120", "", "zoë \"x\"\n", &"long ".repeat(900)] {
        let token = once(&Operator::Token, "US_SSN", value);
        assert!(token.starts_with("tok_us-ssn_k2_"), "{token}");
        assert_eq!(token, once(&Operator::Token, "US_SSN", value), "the same each time");
        for (before, after) in [("", ""), ("(", ")"), ("id: ", "."), ("_", "_"), ("a-", "-"), ("=", "\n")] {
            let text = format!("{before}{token}{after}");
            assert_eq!(restore(&keys, &SCOPE, &text), (Cow::Owned(format!("{before}{value}{after}")), 1));
        }
        let twice = format!("{token} and {token}");
        assert_eq!(restore(&keys, &SCOPE, &twice), (Cow::Owned(format!("{value} and {value}")), 2));
        let foreign = [
            Scope { tenant: "other", ..SCOPE },
            Scope { agent: "other", ..SCOPE },
            Scope { direction: Direction::Request, ..SCOPE },
        ];
        for scope in foreign {
            assert_eq!(restore(&keys, &scope, &token), (Cow::Borrowed(&*token), 0));
        }
        let other = Keys::new(Key::new("k2", &[3; 32]).unwrap(), Vec::new()).unwrap();
        let none = Keys::new(Key::new("k9", &[2; 32]).unwrap(), Vec::new()).unwrap();
        for keys in [other, none] {
            assert_eq!(restore(&keys, &SCOPE, &token).1, 0);
        }
        for changed in [
            token.replace("us-ssn", "uk-nhs"),
            token.replace("_k2_", "_k1_"),
            token[..token.len() - 4].to_owned(),
        ] {
            assert_eq!(restore(&keys, &SCOPE, &changed), (Cow::Borrowed(&*changed), 0));
        }
    }
    // Older keys still open.
    let old = Keys::new(Key::new("k1", &[1; 32]).unwrap(), Vec::new()).unwrap();
    let token = token::seal(old.newest(), &SCOPE, "US_SSN", "x").unwrap();
    assert_eq!(restore(&keys, &SCOPE, &token), (Cow::Owned("x".to_owned()), 1));
}

#[test]
fn digits_keep_their_form() {
    let keys = keys();
    for (kind, value) in [
        ("US_SSN", "078-05-1120"),
        ("CREDIT_CARD", "4111 1111 1111 1111"),
        ("CREDIT_CARD", "378282246310005"),
        ("PHONE_NUMBER", "+1 (415) 555-0132"),
    ] {
        let sealed = once(&Operator::Preserve, kind, value);
        let form = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "#");
        assert_ne!(sealed, value);
        assert_eq!(form(&sealed), form(value));
        if kind == "CREDIT_CARD" {
            let digits: Vec<u8> = canonical(&sealed).bytes().map(|byte| byte - b'0').collect();
            assert!(crate::checks::luhn(&digits), "{sealed}");
        }
        assert_eq!(restore_digits(&keys, &SCOPE, kind, &sealed).as_deref(), Some(value));
        let other = Scope { agent: "other", ..SCOPE };
        assert_ne!(restore_digits(&keys, &other, kind, &sealed).as_deref(), Some(value));
    }
}

#[test]
fn made_up_values_stay_when_made_up_again() {
    for (kind, value, begins) in [
        ("CREDIT_CARD", "5555 5555 5555 4444", "4242 4242 "),
        ("CREDIT_CARD", "371449635398431", "37828224"),
        ("US_SSN", "078-05-1120", "666-"),
        ("US_SSN", "078051120", "666"),
        ("US_ITIN", "912-70-1234", "900-00-"),
        ("UK_NINO", "AB123456C", "QQ"),
        ("UK_NHS", "943 476 5919", "999 "),
        ("EMAIL_ADDRESS", "ada@firma.test", "user-"),
        ("PHONE_NUMBER", "+44 20 7946 0123", "+1-"),
        ("PHONE_NUMBER", "(415) 555-2671", ""),
        ("IP_ADDRESS", "8.8.8.8", ""),
        ("IP_ADDRESS", "2a02:26f7::1", "2001:db8:"),
        ("MAC_ADDRESS", "3c:22:fb:01:02:03", "00-00-5E-00-53-"),
    ] {
        let made = once(&Operator::Synthetic, kind, value);
        assert!(made.starts_with(begins) && made != value, "{made}");
        assert_eq!(made, once(&Operator::Synthetic, kind, value));
        assert_eq!(made, once(&Operator::Synthetic, kind, &made));
    }
}

#[test]
fn keys_have_names_and_lengths() {
    for (id, length, expected) in [
        ("", 32, KeyError::Id),
        ("K1", 32, KeyError::Id),
        ("a_b", 32, KeyError::Id),
        ("abcdefghijklmnopq", 32, KeyError::Id),
        ("k1", 31, KeyError::Secret),
        ("k1", 65, KeyError::Secret),
    ] {
        assert_eq!(Key::new(id, &vec![7; length]).err(), Some(expected), "{id} {length}");
    }
    let key = |id| Key::new(id, &[7; 64]).unwrap();
    assert_eq!(Keys::new(key("a"), vec![key("b"), key("a")]).err(), Some(KeyError::Twice));
    assert!(!format!("{:?}", key("a")).contains('7'));
}

#[test]
fn what_is_not_replaced() {
    let mut message = Replacer::new(None, SCOPE);
    for (operator, expected) in [
        (Operator::Monitor, Outcome::Keep),
        (Operator::Drop, Outcome::Drop),
        (Operator::Block, Outcome::Block),
    ] {
        assert_eq!(message.apply(&operator, "US_SSN", "078-05-1120"), expected);
    }
    assert_eq!(message.tag("US_SSN", "078-05-1120"), "[US_SSN_1]");
}
