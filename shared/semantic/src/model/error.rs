//! What can be wrong with a model, and with a text for one.

use std::fmt;

/// Why a file is no model that Postern can run. Nothing of it is guessed at: a model that is not understood whole is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelError {
    /// The file ends inside a value, or is no protocol buffer. The text says which part.
    Malformed(&'static str),
    /// More than a bound allows: what, and how many may be.
    TooMuch(&'static str, u64),
    /// An operator that is not known.
    Operator(String),
    /// A version of the operator set that is not known.
    Opset(String),
    /// An element type that is not known, or not where it stands: the tensor or operator, and the type's number in ONNX.
    Type(String, i64),
    /// An attribute of an operator that is missing, unknown, or has a value that is not supported.
    Attribute(String, String),
    /// The wrong number of inputs or outputs of an operator.
    Arity(String),
    /// Shapes that do not fit together, or data that does not fill its shape: the tensor or operator, and what is wrong.
    Shape(String, String),
    /// An index beyond what is indexed.
    Index(String),
    /// A name that nothing before it makes: an initializer is missing, or the graph is cyclic or out of order.
    Undefined(String),
    /// A name that is made twice.
    Duplicate(String),
    /// Inputs and outputs are not `input_ids` and `attention_mask` (int64) and `embedding` (float).
    Interface(String),
    /// A property of Postern's (`postern.name`, ...) is missing or cannot be read.
    Property(&'static str),
    /// What `ort` said.
    Runtime(String),
}

impl fmt::Display for ModelError {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(part) => write!(text, "not an ONNX file: {part} is cut off or malformed"),
            Self::TooMuch(what, most) => write!(text, "more than {most} {what}"),
            Self::Operator(name) => write!(text, "operator {name} is not supported"),
            Self::Opset(name) => write!(text, "operator set {name} is not supported"),
            Self::Type(place, number) => write!(text, "{place}: element type {number} is not supported"),
            Self::Attribute(place, name) => write!(text, "{place}: attribute {name} is not supported so"),
            Self::Arity(place) => write!(text, "{place}: wrong number of inputs or outputs"),
            Self::Shape(place, what) => write!(text, "{place}: {what}"),
            Self::Index(place) => write!(text, "{place}: index out of range"),
            Self::Undefined(name) => write!(text, "'{name}' is used before anything makes it"),
            Self::Duplicate(name) => write!(text, "'{name}' is made twice"),
            Self::Interface(what) => write!(text, "inputs or outputs do not fit: {what}"),
            Self::Property(name) => write!(text, "metadata property '{name}' is missing or cannot be read"),
            Self::Runtime(message) => write!(text, "{message}"),
        }
    }
}

impl std::error::Error for ModelError {}

/// Why a text has no embedding. The question is then only compared word for word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// No piece at all.
    Empty,
    /// More pieces than a model reads.
    TooLong,
    /// A letter that is not Latin, or a piece that the vocabulary does not have.
    Foreign,
    /// The model failed on it.
    Failed(ModelError),
}

impl fmt::Display for Unfit {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => text.write_str("the text is empty"),
            Self::TooLong => text.write_str("the text is too long"),
            Self::Foreign => text.write_str("the text has letters or words that the model does not know"),
            Self::Failed(error) => write!(text, "the model failed: {error}"),
        }
    }
}

impl std::error::Error for Unfit {}
