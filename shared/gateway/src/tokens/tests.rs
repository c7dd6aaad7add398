//! How texts are cut, and what must hold for any text. How near the estimates are is tested against the real tokenizer
//! in `tests/tests/tokens.rs`.

use super::estimate;

#[test]
fn pieces_are_cut_as_the_tokenizer_does() {
    // With what they are for the real tokenizer. Their pieces are common ones, so that only the cutting decides.
    let cases = [
        ("", 0),
        ("a", 1),
        ("the", 1),
        ("the cat sat on the mat", 6),
        ("It's", 1),
        ("1", 1),
        ("123", 1),
        ("1234", 2),
        ("1234567", 3),
        ("1 2", 3),
        ("3.14", 3),
        ("12:30:45", 5),
        ("in 2026", 4),
        ("   7", 3),
        (" ", 1),
        ("          ", 1),
        ("\n", 1),
        ("\n\n", 1),
        ("one\ntwo", 3),
        ("one\n    two", 4),
        ("one\r\n\r\ntwo", 3),
        ("one \n \n two", 3),
        ("};\n", 1),
        ("});\n\n", 1),
        ("-----", 1),
        ("{\"id\":1}", 5),
        ("[1,2,3]", 7),
        ("getName", 2),
        ("get_name", 2),
        ("a.b.c", 3),
        ("日本", 1),
    ];
    for (text, expected) in cases {
        assert_eq!(estimate(text), expected, "{text:?}");
    }
}

#[test]
fn what_is_rarer_costs_more() {
    let cases = [
        (" information", " qzxvkjwpfbg"),
        (" letters", " LETTERS"),
        (" understanding", " UnDerStAnding"),
        (" Straße", " Strasze und"),
        ("的人是中国", "龘靐齉鱻麤"),
        ("привет", "приїет"),
        ("ab ab ab ab", "a1b2a1b2a1b"),
    ];
    for (less, more) in cases {
        assert!(estimate(less) < estimate(more), "{less:?} {} {more:?} {}", estimate(less), estimate(more));
    }
}

/// Texts that nobody would write.
fn odd_texts() -> Vec<String> {
    let every = (0..=u32::from(char::MAX)).step_by(97).filter_map(char::from_u32);
    let mut texts: Vec<String> = [
        "a", "A", "aA", "'", "'s", "\u{0}", "\n", " ", "\r\n ", "\t", "é", "\u{301}", "字", "か", "\u{200d}",
        "😀", "0", "-+",
    ]
    .iter()
    .map(|part| part.repeat(1000))
    .collect();
    texts.push(every.collect());
    texts
}

#[test]
fn any_text_has_an_estimate_within_bounds() {
    for text in odd_texts() {
        let (estimate, bytes) = (estimate(&text), text.len());
        assert!(estimate >= 1, "{text:.20}");
        // No vocabulary needs more than a token for a byte.
        assert!(estimate as usize <= bytes + 1, "{text:.20}: {estimate} for {bytes} bytes");
    }
}

#[test]
fn more_text_is_not_fewer_tokens() {
    for text in odd_texts() {
        let mut most = 0;
        for (end, _) in text.char_indices().take(300) {
            let now = estimate(&text[..end]);
            assert!(now + 1 >= most, "{:?} is {now}, but a part of it {most}", &text[..end]);
            most = most.max(now);
        }
    }
}

#[test]
fn parts_add_up() {
    let text = "The order of Mr. Çelik (no. 48213) hasn't shipped:\n\t{\"status\": \"open\", \"items\": [1, 2]} 注文は未発送です。";
    let whole = estimate(text);
    for (at, _) in text.char_indices() {
        let parts = estimate(&text[..at]) + estimate(&text[at..]);
        assert!(parts.abs_diff(whole) <= 3, "cut at {at}: {parts} instead of {whole}");
    }
}
