//! Short documents as MCP servers return them, with what is sensitive in them.

use crate::noise;
use crate::rng::Rng;
use crate::styles::STYLES;
use crate::values::Kind;

/// A text and its sensitive values.
#[derive(Default)]
pub struct Document {
    pub text: String,
    pub labels: Vec<Label>,
    pub style: &'static str,
}

/// A sensitive value of a document.
pub struct Label {
    pub kind: &'static Kind,
    pub start: usize,
    pub end: usize,
    /// Whether nothing says what it is.
    pub bare: bool,
}

/// A value, sensitive or not, and what it is called.
pub struct Field {
    pub label: &'static str,
    pub key: &'static str,
    /// What is written directly before and behind it: the rest of a URL.
    pub before: &'static str,
    pub text: String,
    pub after: &'static str,
    pub kind: Option<&'static Kind>,
    pub bare: bool,
}

impl Document {
    pub fn put(&mut self, text: &str) {
        self.text += text;
    }

    /// Writes the value of a field.
    pub fn value(&mut self, field: &Field) {
        self.text += field.before;
        let start = self.text.len();
        self.text += &field.text;
        if let Some(kind) = field.kind {
            self.labels.push(Label { kind, start, end: self.text.len(), bare: field.bare });
        }
        self.text += field.after;
    }
}

/// What stands before a value when nothing says what it is.
const NEUTRAL: &[(&str, &str)] = &[
    ("Value", "value"),
    ("Note", "note"),
    ("data", "data"),
    ("Field 7", "field_7"),
    ("entry", "entry"),
    ("details", "details"),
];
/// Connection strings: what is before a password, and behind.
const CONNECTIONS: &[(&str, &str)] = &[
    ("postgres://app:", "@db-01.internal:5432/prod"),
    ("mysql://root:", "@mysql.internal/orders"),
    ("redis://default:", "@cache.internal:6379/0"),
    ("https://deploy:", "@git.acme-corp.com/team/repo.git"),
    ("mongodb+srv://svc:", "@cluster0.mongo.internal/app"),
    ("amqp://guest:", "@mq.internal:5672"),
];

/// Without their usual separators these are numbers like any other: nobody knows them where nothing says what they are.
const PLAIN_IS_NOTHING: &[&str] =
    &["BE_NATIONAL_NUMBER", "IN_AADHAAR", "KR_RRN", "NO_FODSELSNUMMER", "SE_PERSONNUMMER", "TH_TNIN"];

fn sensitive(rng: &mut Rng, kind: &'static Kind) -> Field {
    let text = (kind.make)(rng);
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && PLAIN_IS_NOTHING.contains(&kind.name);
    let bare = !plain && rng.chance(kind.bare);
    let mut field = Field { label: "", key: "", before: "", text, after: "", kind: Some(kind), bare };
    if kind.labels.is_empty() {
        (field.label, field.key) =
            *rng.pick(&[("connection", "database_url"), ("DSN", "dsn"), ("remote", "url")]);
        (field.before, field.after) = *rng.pick(CONNECTIONS);
    } else if bare {
        (field.label, field.key) = *rng.pick(NEUTRAL);
    } else {
        (field.label, field.key) = (*rng.pick(kind.labels), *rng.pick(kind.keys));
    }
    field
}

fn harmless(rng: &mut Rng) -> Field {
    let noise = noise::noise(rng);
    Field {
        label: noise.label,
        key: noise.key,
        before: "",
        text: noise.text,
        after: "",
        kind: None,
        bare: false,
    }
}

/// A document about a kind of value, and perhaps another.
fn document(rng: &mut Rng, kinds: &[&'static Kind], about: &'static Kind) -> Document {
    let mut fields = vec![sensitive(rng, about)];
    if rng.chance(15) {
        let other = *rng.pick(kinds);
        fields.push(sensitive(rng, other));
    }
    for _ in 0..rng.between(2, 5) {
        let at = rng.below(fields.len() + 1);
        fields.insert(at, harmless(rng));
    }
    write(rng, &fields)
}

fn write(rng: &mut Rng, fields: &[Field]) -> Document {
    let (style, render) = *rng.pick(STYLES);
    let mut document = Document { style, ..Document::default() };
    render(rng, &mut document, fields);
    document
}

/// So many documents about each kind, and a tenth of all with nothing in them.
pub fn corpus(seed: u64, each: usize, kinds: &[&'static Kind]) -> Vec<Document> {
    let mut rng = Rng::new(seed);
    let mut documents = Vec::new();
    for kind in kinds {
        for _ in 0..each {
            documents.push(document(&mut rng, kinds, kind));
        }
    }
    for _ in 0..documents.len() / 10 {
        let fields: Vec<Field> = (0..rng.between(3, 7)).map(|_| harmless(&mut rng)).collect();
        documents.push(write(&mut rng, &fields));
    }
    documents
}
