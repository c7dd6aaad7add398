//! Messages as no schema foresees them: unknown members, numbers of 23 digits, any order of keys, blanks, escapes
//! and Unicode. From a seed, so that a failure can be seen again.

/// Random numbers (xorshift64*): the tests need spread, not secrecy.
pub struct Dice(u64);

/// Texts as they stand between quotes: plain, escaped, outside ASCII and outside the basic plane.
const STRINGS: [&str; 14] = [
    "",
    "plain",
    "with \\\"quotes\\\" and \\\\ and \\/",
    "\\u00e9\\u4e2d\\ud83d\\ude00",
    "é中😀",
    "\\n\\r\\t\\b\\f",
    "a\u{301}\u{200d}\u{feff}",
    "data: {\\\"jsonrpc\\\":\\\"2.0\\\"}",
    "</script>",
    "\u{2028}\u{2029}",
    "{\\\"id\\\":1}",
    "٣٤٥",
    "𝓃𝒶𝓂𝑒",
    "\\u007f\u{7f}",
];
const NUMBERS: [&str; 12] = [
    "12345678901234567890123",
    "-12345678901234567890123",
    "0",
    "-0",
    "1.0",
    "1e5",
    "1E+2",
    "0.1000",
    "9007199254740993",
    "1.7976931348623157e309",
    "-1.5e-300",
    "18446744073709551616",
];
const BLANKS: [&str; 8] = ["", "", "", "", " ", "\n  ", "\t", "\r\n"];

impl Dice {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap_or(0) % sides
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all.get(self.roll(all.len())).copied().unwrap_or_default()
    }

    /// Some white space, mostly none.
    pub fn blank(&mut self) -> &'static str {
        self.of(&BLANKS)
    }

    /// Any JSON value, at most `depth` deep.
    pub fn value(&mut self, depth: usize) -> String {
        match self.roll(if depth == 0 { 6 } else { 10 }) {
            0 | 1 => format!("\"{}\"", self.of(&STRINGS)),
            2 | 3 => self.of(&NUMBERS).to_owned(),
            4 => self.of(&["true", "false"]).to_owned(),
            5 => "null".to_owned(),
            6 | 7 => {
                let items: Vec<String> = (0..self.roll(4))
                    .map(|_| format!("{}{}{}", self.blank(), self.value(depth - 1), self.blank()))
                    .collect();
                format!("[{}]", items.join(","))
            }
            _ => {
                let count = self.roll(5);
                let members = self.unknown(count, depth - 1);
                self.object(members)
            }
        }
    }

    /// Members that nobody knows, with keys that differ.
    pub fn unknown(&mut self, count: usize, depth: usize) -> Vec<(String, String)> {
        (0..count).map(|number| (format!("x{number}-{}", self.of(&STRINGS)), self.value(depth))).collect()
    }

    /// An object with these members in any order.
    pub fn object(&mut self, mut members: Vec<(String, String)>) -> String {
        for at in (1..members.len()).rev() {
            members.swap(at, self.roll(at + 1));
        }
        let members: Vec<String> = members
            .into_iter()
            .map(|(key, value)| {
                let blanks = [self.blank(), self.blank(), self.blank(), self.blank()];
                format!("{}\"{key}\"{}:{}{value}{}", blanks[0], blanks[1], blanks[2], blanks[3])
            })
            .collect();
        format!("{{{}}}", members.join(","))
    }

    /// A request or response id.
    pub fn id(&mut self) -> String {
        let id = self.of(&[
            "0",
            "-1",
            "7.50",
            "12345678901234567890123",
            "\"\"",
            "\"\\u0061\"",
            "\"é\\/\"",
            "1e2",
        ]);
        id.to_owned()
    }
}
