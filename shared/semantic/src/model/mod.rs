//! Models that make vectors of texts: ONNX files, which `ort` runs over a backend of our own.
//!
//! A model is one file. Its graph has the inputs `input_ids` and `attention_mask`, int64 `[batch, seq]`, and the output
//! `embedding`, float `[batch, dimensions]`; its metadata properties hold the rest:
//!
//! | property | |
//! |---|---|
//! | `postern.name` | what it is called |
//! | `postern.vocabulary` | its pieces, one a line, in the order of their ids |
//! | `postern.weights` | the eleven numbers of [`Weights`] |
//! | `postern.frame` | `cls sep` when `[CLS]` and `[SEP]` stand around the pieces of a text; empty when not |
//!
//! `protobuf` and `onnx` read it, `graph` checks and runs it with `operators` on values of `tensor`, within `room`;
//! `backend` shows that to `ort`, which `session` calls.

mod backend;
mod digest;
mod embedding;
mod error;
mod graph;
mod onnx;
mod operators;
mod protobuf;
mod room;
mod session;
mod tensor;
#[cfg(test)]
mod tests;
mod weights;

pub use embedding::Embedding;
pub use error::{ModelError, Unfit};
pub use weights::Weights;

use ort::session::Session;

use crate::token::{self, Vocabulary};
use graph::Graph;
use room::Room;
use tensor::{Data, Kind, Tensor};

/// The most pieces of a text.
const MOST_PIECES: usize = 256;
/// The most dimensions of a vector.
const MOST_DIMENSIONS: usize = 4096;

/// A model, loaded. In memory it takes what its file takes, and the index of its vocabulary.
pub struct Model {
    session: Session,
    vocabulary: Vocabulary,
    weights: Weights,
    name: String,
    /// The ids before and after the pieces of a text.
    frame: Option<(u32, u32)>,
    digest: [u8; 32],
    dimensions: usize,
}

impl Model {
    /// Loads a model from the bytes of its file, which it keeps. It is run once, on a text of two pieces, so that a shape
    /// or type that does not fit shows here and not at the first question.
    ///
    /// # Errors
    /// What is wrong with the file; see [`ModelError`].
    #[inline(never)]
    pub fn load(file: Vec<u8>) -> Result<Self, ModelError> {
        let digest = digest::of(&file);
        let graph = Graph::read(file)?;
        let property = |name: &'static str| graph.property(name).ok_or(ModelError::Property(name));
        let name = property("postern.name")?.to_owned();
        let weights = Weights::read(property("postern.weights")?)?;
        let vocabulary = Vocabulary::new(property("postern.vocabulary")?.to_owned())
            .map_err(|_| ModelError::Property("postern.vocabulary"))?;
        let frame = match property("postern.frame")? {
            "" => None,
            "cls sep" => Some(
                vocabulary
                    .id("[CLS]")
                    .zip(vocabulary.id("[SEP]"))
                    .ok_or(ModelError::Property("postern.vocabulary"))?,
            ),
            _ => return Err(ModelError::Property("postern.frame")),
        };
        let dimensions = try_out(&graph, vocabulary.len())?;
        let session = session::open(graph)?;
        Ok(Self { session, vocabulary, weights, name, frame, digest, dimensions })
    }

    /// The vector of a text.
    ///
    /// # Errors
    /// [`Unfit`]: the text has no vector, and is compared word for word only.
    pub fn embed(&mut self, text: &str) -> Result<Embedding, Unfit> {
        let vector = self.vector(text)?;
        Embedding::new(&vector).ok_or(Unfit::Empty)
    }

    /// The vector of a text as the model makes it, of length 1, for comparisons with other runtimes.
    ///
    /// # Errors
    /// As for [`Model::embed`].
    #[inline(never)]
    pub fn vector(&mut self, text: &str) -> Result<Vec<f32>, Unfit> {
        let pieces = self.vocabulary.pieces(text, MOST_PIECES)?;
        if pieces.is_empty() {
            return Err(Unfit::Empty);
        }
        let (before, after) = self.frame.unzip();
        let ids = before.into_iter().chain(pieces).chain(after).map(i64::from).collect();
        let vector = session::run(&mut self.session, ids).map_err(Unfit::Failed)?;
        if vector.len() == self.dimensions {
            return Ok(vector);
        }
        Err(Unfit::Failed(ModelError::Interface("the length of 'embedding' changed".to_owned())))
    }

    /// How long its vectors are.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Names its file: vectors of different files are not comparable. Not the SHA-256 of the file, which takes longer in
    /// wasm than all else that loading is.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// What its similarities are worth.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// What making a vector takes, in us, by estimate: hosts may stop the clock meanwhile, and simulations have to be the
    /// same everywhere. A table of pieces is looked up; all else has layers.
    pub fn takes_us(&self) -> u32 {
        if self.frame.is_none() { 50 } else { 12_000 }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl From<token::Unfit> for Unfit {
    fn from(unfit: token::Unfit) -> Self {
        match unfit {
            token::Unfit::Empty => Self::Empty,
            token::Unfit::TooLong => Self::TooLong,
            token::Unfit::Foreign => Self::Foreign,
        }
    }
}

/// Runs a graph on the first and the last piece of its vocabulary; returns the length of the vector. So inputs, outputs and
/// shapes fit, and no id of the vocabulary is beyond the table of the graph.
fn try_out(graph: &Graph, pieces: usize) -> Result<usize, ModelError> {
    let wrong = |what: &str| ModelError::Interface(what.to_owned());
    for input in graph.inputs() {
        if !["input_ids", "attention_mask"].contains(&input.name.as_str()) || input.kind != Kind::I64 {
            return Err(wrong(&format!("'{}' cannot be fed", input.name)));
        }
    }
    let [output] = graph.outputs() else { return Err(wrong("not one output")) };
    if output.name != "embedding" || output.kind != Kind::F32 {
        return Err(wrong("the output is no 'embedding'"));
    }
    let last = pieces.checked_sub(1).and_then(|last| i64::try_from(last).ok());
    let last = last.ok_or(ModelError::Property("postern.vocabulary"))?;
    let ids = Tensor::new("input_ids", vec![1, 2], Data::I64(vec![0, last]))?;
    let mask = Tensor::new("attention_mask", vec![1, 2], Data::I64(vec![1, 1]))?;
    let made = graph.run(&[("input_ids", &ids), ("attention_mask", &mask)], Room::new(true))?;
    match made.first().map(Tensor::shape) {
        Some([1, dimensions @ 1..=MOST_DIMENSIONS]) => Ok(*dimensions),
        _ => Err(wrong("'embedding' is not [batch, dimensions]")),
    }
}
