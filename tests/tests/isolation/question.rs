//! Who asks what: by number, or in words of their own.

use crate::{AGENTS, PEOPLE, TENANTS, TOOLS, is_cleared, is_in_group};

/// Who asked, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub tenant: usize,
    pub agent: usize,
    pub person: usize,
    pub tool: usize,
    /// What is meant.
    pub topic: usize,
    pub words: String,
}

impl Asked {
    /// Whether who asked `other` may be shown the answer to this.
    pub fn may_be_shown_to(&self, other: &Self) -> bool {
        let same = (self.tenant, self.tool) == (other.tenant, other.tool);
        let principal = (self.agent, self.person) == (other.agent, other.person);
        let cleared = is_cleared(self.agent) == is_cleared(other.agent) || self.tenant >= 3;
        let scope = match TOOLS[self.tool].1 {
            "principal" => principal,
            "agent" => self.agent == other.agent,
            "group" => principal || is_in_group(self.agent) && is_in_group(other.agent),
            _ => true,
        };
        same && scope && cleared
    }

    /// Some are asked far more often than others, and all by number: who means the same says the same.
    pub fn by_number(dice: &mut Dice) -> Self {
        let topic = dice.below(QUESTIONS).min(dice.below(QUESTIONS));
        let (agent, person) = (dice.below(AGENTS), dice.below(PEOPLE));
        Self::of(dice, agent, person, topic, format!("question-canary {topic}"))
    }

    /// All mean one of a few things, and no two principals have a wording in common. Some ask often, or there would be none that an own earlier question could answer.
    pub fn in_own_words(dice: &mut Dice) -> Self {
        let agent = (0..3).map(|_| dice.below(AGENTS)).min().unwrap_or_default();
        let person = dice.below(PEOPLE) * usize::from(dice.below(4) == 0);
        let topic = dice.below(TOPICS.len());
        let Topic { verbs, things, .. } = &TOPICS[topic];
        let greeting = GREETINGS[person % GREETINGS.len()];
        let whom = FOR_WHOM[person / GREETINGS.len()];
        let (verb, thing) = (verbs[dice.below(verbs.len())], things[dice.below(things.len())]);
        let ask = ASKS[dice.below(ASKS.len())];
        let words = format!("{greeting} {whom}: {ask}{verb} {thing}{}", CLOSES[agent]);
        Self::of(dice, agent, person, topic, words)
    }

    fn of(dice: &mut Dice, agent: usize, person: usize, topic: usize, words: String) -> Self {
        let (tenant, tool) = (dice.below(TENANTS), dice.below(TOOLS.len()));
        Self { tenant, agent, person, tool, topic, words }
    }
}

const QUESTIONS: usize = 16;

/// What somebody may want of the help desk.
struct Topic {
    /// In all that is asked about it, and in nothing else.
    word: &'static str,
    verbs: [&'static str; 6],
    things: [&'static str; 6],
}

const TOPICS: [Topic; 5] = [
    Topic {
        word: "parking",
        verbs: ["reserve", "book", "get", "ask for", "find", "arrange"],
        things: [
            "parking space",
            "parking spot",
            "parking permit",
            "spot for parking",
            "space for parking",
            "parking lot",
        ],
    },
    Topic {
        word: "account",
        verbs: ["unlock", "reactivate", "unblock", "remove the lock on", "remove the block on", "restore"],
        things: [
            "account",
            "user account",
            "login account",
            "user profile account",
            "locked account",
            "blocked account",
        ],
    },
    Topic {
        word: "heating",
        verbs: ["change", "fix", "report", "adjust", "lower", "repair"],
        things: [
            "heating",
            "heating in my office",
            "heating in my room",
            "heating at work",
            "office heating",
            "room heating",
        ],
    },
    Topic {
        word: "phone",
        verbs: ["order", "receive", "request", "apply for", "get", "obtain"],
        things: [
            "company phone",
            "business phone",
            "work phone",
            "mobile phone",
            "company mobile phone",
            "cell phone",
        ],
    },
    Topic {
        word: "expenses",
        verbs: ["claim", "submit", "hand in", "send", "settle", "declare"],
        things: [
            "expenses",
            "travel expenses",
            "trip expenses",
            "expenses of a trip",
            "hotel expenses",
            "train expenses",
        ],
    },
];
/// Each person has one of each, together no other's; and through each agent ends otherwise.
const GREETINGS: [&str; 8] =
    ["hello", "hi", "good morning", "excuse me", "sorry", "hey", "dear team", "please"];
const FOR_WHOM: [&str; PEOPLE / GREETINGS.len()] =
    ["for me", "for my boss", "for a colleague", "for a customer", "for a guest"];
const ASKS: [&str; 6] = ["", "i want to ", "i need to ", "i would like to ", "help me ", "who can "];
const CLOSES: [&str; AGENTS] = [
    "",
    ", thanks",
    ", thank you",
    ", it is urgent",
    ", kind regards",
    ", any hint",
    ", any ideas",
    ", best regards",
    ", thank you so much",
    ", help",
];

/// Which topic a question is about, by its number or by what is asked for in it.
pub fn topic_of(words: &str) -> usize {
    let number = words.rsplit(' ').next().and_then(|number| number.parse().ok());
    let about = |topic: &Topic| words.contains(topic.word);
    number.or_else(|| TOPICS.iter().position(about)).unwrap_or(usize::MAX)
}

/// What nobody may read in the store of what was asked in words.
pub const SAID: [&str; 6] = ["parking", "account", "heating", "phone", "expenses", "colleague"];

/// SplitMix64: the same calls each time.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % most as u64) as usize
    }
}
