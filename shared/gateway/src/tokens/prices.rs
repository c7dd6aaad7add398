//! What pieces cost, in hundredths of a token. The figures are averages over texts of many kinds and languages.

use super::{Lead, TOKEN};

/// Each further blank and line end of a run: 64 blanks are one token, and 16 line ends.
pub(super) const MORE_BLANKS: u64 = 1;
pub(super) const MORE_LINES: u64 = 6;

/// What the first letter of a word costs, with a space before it and without.
const SPACED: Shapes = Shapes { small: 28, capitalized: 48, capitals: 76, mixed: 85 };
const UNSPACED: Shapes = Shapes { small: 59, capitalized: 52, capitals: 100, mixed: 129 };

/// What a letter adds to the one before it, in [`STEP`]s: a row for each first letter, a column for each second. Pairs
/// that common words have cost little, so that `information` is cheaper than `qzxvkjwpfbg`, and words of a language that
/// a vocabulary has less of are dearer than English ones.
const PAIRS: [[u8; 26]; 26] = [
    *b"50318005273000817110432002",
    *b"37762996504263175437275558",
    *b"37370691390078135150397827",
    *b"25600476239355166426335526",
    *b"34325235769422630113654048",
    *b"19682125066447186363478535",
    *b"69771852373552366344358556",
    *b"34491656495515363570467554",
    *b"30020216832020010210637390",
    *b"76542728672865457539597555",
    *b"62441204665993966855764976",
    *b"31621086396466225632242807",
    *b"20860937398734235825495557",
    *b"49121403452543528510334656",
    *b"33226016531210206042041524",
    *b"27640980549048036041327557",
    *b"66667666676266556675168666",
    *b"47431319383632166332563608",
    *b"56251252483793225521252629",
    *b"47361580296526406133370503",
    *b"40141316285011615011684056",
    *b"36720606156709456685585676",
    *b"36682673356580255104952665",
    *b"34473566566927836874966347",
    *b"85796999479456555044890736",
    *b"58693569569996957777886745",
];
const STEP: u64 = 8;
/// A pair with a letter that is none of `a` to `z`.
const UNUSUAL_PAIR: u64 = 34;
/// `'s`, `'re` and the like are pieces with the word before them, and often one token.
const CLIPPED: u64 = 30;

/// The commonest Han characters of Chinese, in the order of their codes. A word of them is often one token, while a rare
/// character alone is up to three.
const COMMON_HAN: &str = "\
    一万三上下不与专世业东个中为主么义之乐也买了争事二于五亚些交产京人什今他代以们件价任会传位住体何作你使例\
    保信做像元先克免党入全公共关其内准几出分划创利别到制前力办加务动包化北区医十单南历原去县参及友反发取受变\
    口只可台号司合同名后吗告员和品哪商四回因国图在地场型城基士处备复外多大天奖女好如始委子字学安完官定实客家\
    容对导小少就展属山州工已市布师常平年广应度建开式强当录影很律得心必快怎性总情想意感成我战户所手打技投报持\
    指据接推提播收改放政教数整文料斯新方无日时明星是更最月有服期本机权来果查标样格案模次正此比民水求江没治法\
    注洲活流海消游源点热然爱片版物特玩环现球理生用由电男百的目直相看真着知码确示社神票种科称程空立站第等算管\
    类精系级线组经结给统续网美老者而联能自至色英营行表装西要观规视解计认议记论设证评试话说请调责费资起路身车\
    达过运近还这进选通速造道那部都里重量金钱长门问间限院集需面领频题首香马高";

/// By the case of the word's letters.
struct Shapes {
    small: u64,
    capitalized: u64,
    capitals: u64,
    mixed: u64,
}

/// Latin letters: capitals, then small ones. A capital behind a small one begins the next word.
#[derive(Clone, Copy)]
pub(super) struct Word {
    lead: Lead,
    first: char,
    last: char,
    letters: u64,
    capitals: u64,
    /// The price of the letters so far, but for the first.
    price: u64,
}

impl Word {
    pub(super) fn new(lead: Lead, c: char, capital: bool) -> Self {
        let price = if c.is_ascii() { 0 } else { foreign(c) };
        Self { lead, first: c, last: c, letters: 1, capitals: u64::from(capital), price }
    }

    /// Takes one more letter, unless it begins another word.
    pub(super) fn push(&mut self, c: char, capital: bool) -> bool {
        if capital {
            if self.capitals < self.letters {
                return false;
            }
            self.capitals += 1;
        }
        self.price +=
            pair(self.last, c).unwrap_or_else(|| if c.is_ascii() { UNUSUAL_PAIR } else { foreign(c) });
        self.letters += 1;
        self.last = c;
        true
    }

    pub(super) fn price(&self) -> u64 {
        if self.lead.clipped && self.is_clipped() {
            return CLIPPED;
        }
        let shapes = if self.lead.spaced { SPACED } else { UNSPACED };
        let start = match self.capitals {
            0 => shapes.small,
            1 if self.letters > 1 => shapes.capitalized,
            all if all == self.letters => shapes.capitals,
            _ => shapes.mixed,
        };
        TOKEN.max(start + self.price) + self.lead.extra
    }

    fn is_clipped(&self) -> bool {
        match self.letters {
            1 => matches!(self.first, 's' | 't' | 'm' | 'd'),
            2 => matches!((self.first, self.last), ('r' | 'v', 'e') | ('l', 'l')),
            _ => false,
        }
    }
}

fn pair(first: char, second: char) -> Option<u64> {
    let row = PAIRS.get(place(first)?)?;
    row.get(place(second)?).map(|digit| u64::from(digit - b'0') * STEP)
}

/// The place of a letter in the alphabet.
fn place(c: char) -> Option<usize> {
    u8::try_from(c).ok().map(|c| usize::from((c | 0x20).wrapping_sub(b'a')))
}

/// A Latin letter that is none of `a` to `z`, or a mark upon one.
fn foreign(c: char) -> u64 {
    match c {
        ..='ÿ' => 58,
        '\u{300}'..='\u{36f}' => 190,
        '\u{1e00}'.. => 48,
        _ => 66,
    }
}

/// Scripts with prices of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    Arabic,
    /// And Georgian.
    Armenian,
    Cyrillic,
    Greek,
    Han,
    Hangul,
    Hebrew,
    Hiragana,
    Indic,
    Katakana,
    /// And Burmese.
    Khmer,
    Thai,
    Other,
}

impl Script {
    /// The script of a letter beyond the Latin ones; none for a symbol.
    pub(super) fn of(c: char) -> Option<Self> {
        Some(match c {
            '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Self::Greek,
            '\u{400}'..='\u{52f}' => Self::Cyrillic,
            '\u{531}'..='\u{58f}' | '\u{10a0}'..='\u{10ff}' => Self::Armenian,
            '\u{591}'..='\u{5f4}' => Self::Hebrew,
            '\u{60c}' | '\u{61b}' | '\u{61f}' | '\u{66a}'..='\u{66d}' | '\u{6d4}' | '\u{964}' | '\u{965}' => {
                return None;
            }
            '\u{600}'..='\u{77f}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' => Self::Arabic,
            '\u{900}'..='\u{dff}' => Self::Indic,
            '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' => Self::Khmer,
            '\u{e00}'..='\u{e7f}' => Self::Thai,
            '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{ac00}'..='\u{d7a3}' => Self::Hangul,
            '\u{780}'..='\u{8ff}' | '\u{e80}'..='\u{1dff}' | '\u{a000}'..='\u{abff}' => Self::Other,
            '\u{3041}'..='\u{309f}' => Self::Hiragana,
            '\u{30a1}'..='\u{30fa}'
            | '\u{30fc}'..='\u{30ff}'
            | '\u{31f0}'..='\u{31ff}'
            | '\u{ff66}'..='\u{ff9f}' => Self::Katakana,
            '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '々' | '〇' => {
                Self::Han
            }
            '\u{10000}'..='\u{1efff}' if !('\u{1d000}'..='\u{1d7ff}').contains(&c) => Self::Other,
            '\u{20000}'.. => Self::Other,
            _ => return None,
        })
    }

    /// What a run of its letters costs beside them.
    pub(super) fn start(self, lead: Lead) -> u64 {
        let (spaced, unspaced) = match self {
            Self::Arabic => (30, 90),
            Self::Armenian | Self::Indic | Self::Thai => (20, 80),
            Self::Cyrillic => (45, 105),
            Self::Greek => (0, 60),
            Self::Hebrew => (10, 60),
            Self::Hangul => (45, 80),
            Self::Han => (25, 25),
            Self::Hiragana => (41, 41),
            Self::Katakana => (11, 11),
            Self::Khmer => (30, 30),
            Self::Other => (100, 100),
        };
        lead.extra + if lead.spaced || lead.joined { spaced } else { unspaced }
    }

    /// What a letter costs.
    pub(super) fn letter(self, c: char) -> u64 {
        match (self, c) {
            (Self::Arabic, _) => 26,
            (Self::Armenian, _) => 24,
            // Russian has these; the others are its neighbours', of whose words vocabularies have fewer.
            (Self::Cyrillic, 'А'..='я') => 19,
            (Self::Cyrillic, _) => 78,
            (Self::Greek, _) => 37,
            (Self::Han, c) if is_common(c) => 60,
            (Self::Han, _) => 109,
            (Self::Hangul, _) => 56,
            (Self::Hebrew, _) => 43,
            (Self::Hiragana, _) => 47,
            // Gurmukhi; Telugu and Kannada; Sinhala.
            (Self::Indic, '\u{a00}'..='\u{a7f}') => 58,
            (Self::Indic, '\u{c00}'..='\u{cff}') => 46,
            (Self::Indic, '\u{d80}'..) => 58,
            (Self::Indic, _) => 34,
            (Self::Katakana, _) => 61,
            (Self::Khmer, _) => 58,
            (Self::Thai, _) => 40,
            (Self::Other, ..'\u{10000}') => 190,
            (Self::Other, _) => 300,
        }
    }

    /// A word is at least one token. Scripts without spaces have runs instead, which go on in the next one.
    pub(super) fn at_least(self, price: u64) -> u64 {
        if matches!(self, Self::Han | Self::Hiragana | Self::Katakana) { price } else { TOKEN.max(price) }
    }
}

fn is_common(c: char) -> bool {
    let place = (u32::from(c) as usize).wrapping_sub(FIRST_HAN);
    COMMON_HAN_BITS.get(place / 64).is_some_and(|bits| bits >> (place % 64) & 1 == 1)
}

/// [`COMMON_HAN`] with a bit for each character, because a search takes ten times as long.
static COMMON_HAN_BITS: [u64; 328] = {
    let mut bits = [0; 328];
    let (mut characters, _) = COMMON_HAN.as_bytes().as_chunks::<3>();
    while let Some((&[a, b, c], others)) = characters.split_first() {
        let place = ((a as usize & 15) << 12 | (b as usize & 63) << 6 | (c as usize & 63)) - FIRST_HAN;
        if let Some(word) = bits.split_at_mut(place / 64).1.first_mut() {
            *word |= 1 << (place % 64);
        }
        characters = others;
    }
    bits
};
const FIRST_HAN: usize = 0x4e00;

/// The symbol `c` as the `changes`th of its run, where equal ones in a row count once.
pub(super) fn symbol(c: char, changes: u64) -> u64 {
    if !c.is_ascii() {
        return match c {
            '\u{10000}'.. => 210,
            '\u{2190}'..='\u{2fff}' => 130,
            '\u{3040}'.. => 110,
            _ => TOKEN,
        };
    }
    // Runs that JSON and code are full of are one token each.
    let (second, third, later) = match c {
        '"' | '{' | '}' | '[' | ']' | ',' | ':' => (1, 5, 45),
        '\'' | '(' | ')' | '.' | ';' | '<' | '>' => (3, 20, 55),
        _ => (7, 65, 65),
    };
    match changes {
        1 => TOKEN,
        2 => second,
        3 => third,
        _ => later,
    }
}

/// A symbol that the one before it was too.
pub(super) fn repeated(c: char) -> u64 {
    match c {
        ..'\u{80}' => 1,
        // Pictures do not merge, as dashes and lines do.
        '\u{2600}'..='\u{2fff}' | '\u{10000}'.. => symbol(c, 1),
        _ => 10,
    }
}

/// What a character adds to the letters behind it: little if they are often one token.
pub(super) fn lead(c: char) -> u64 {
    match c {
        '_' | '.' | ')' => 0,
        '#' | '(' | '-' | '>' | '\t' => 20,
        '\'' | '<' | '%' | '*' | '\\' | '=' | '~' => 40,
        '/' | '[' | ':' | ',' | '?' => 60,
        _ => 90,
    }
}
