//! Seeded generators for property tests. A failure names its seed.

/// SplitMix64: small, seeded, good enough to vary inputs.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

fn blanks(rng: &mut Rng, out: &mut String) {
    while rng.chance(15) {
        out.push(rng.pick(&[' ', '\n', '\t', '\r']));
    }
}

/// A string literal with any mix of plain, Unicode and escaped characters, all legal here.
pub(crate) fn string(rng: &mut Rng, out: &mut String) {
    const PARTS: &[&str] = &[
        "a",
        "name",
        "x-y z",
        "é",
        "漢字",
        "🙂",
        "\u{7f}",
        "\u{2028}",
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\u0041",
        "\\u00e9",
        "\\ud83d\\ude42",
        "\\uD834\\uDD1E",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "0123456789abcdef0123456789",
    ];
    out.push('"');
    while rng.chance(70) {
        out.push_str(rng.pick(PARTS));
    }
    out.push('"');
}

fn number(rng: &mut Rng, out: &mut String) {
    const NUMBERS: &[&str] = &[
        "0",
        "-0",
        "7",
        "-12",
        "3.25",
        "1e3",
        "2E-2",
        "1.5e+10",
        "12345678901234567890123",
        "9007199254740993",
    ];
    out.push_str(rng.pick(NUMBERS));
}

/// Any legal value, with odd blanks, keys that need no order, and no duplicate names.
pub(crate) fn value(rng: &mut Rng, depth: usize, out: &mut String) {
    match rng.below(if depth == 0 { 6 } else { 10 }) {
        0 | 1 => string(rng, out),
        2 => number(rng, out),
        3 => out.push_str("true"),
        4 => out.push_str("false"),
        5 => out.push_str("null"),
        6 => array(rng, depth, out),
        _ => object(rng, depth, out),
    }
}

fn array(rng: &mut Rng, depth: usize, out: &mut String) {
    out.push('[');
    blanks(rng, out);
    for i in 0..rng.below(5) {
        if i > 0 {
            out.push(',');
            blanks(rng, out);
        }
        value(rng, depth - 1, out);
        blanks(rng, out);
    }
    out.push(']');
}

/// An object; names are made unique by a counter.
pub(crate) fn object(rng: &mut Rng, depth: usize, out: &mut String) {
    out.push('{');
    blanks(rng, out);
    let count = if rng.chance(10) { 20 } else { rng.below(6) };
    for i in 0..count {
        if i > 0 {
            out.push(',');
            blanks(rng, out);
        }
        let mut name = String::new();
        string(rng, &mut name);
        name.pop();
        out.push_str(&format!("{name}{i}\""));
        blanks(rng, out);
        out.push(':');
        blanks(rng, out);
        value(rng, depth - 1, out);
        blanks(rng, out);
    }
    out.push('}');
}
