//! Reads ONNX: the messages of the format, checked one by one. What a field means that is not read here (names of nodes,
//! documentation, shapes of what lies between) does not matter to the result; what would matter is refused.

use std::sync::Arc;

use super::ModelError;
use super::operators::{Attribute, Operator};
use super::protobuf::{Message, Value};
use super::tensor::{Bytes, Data, Kind, MOST_DIMENSIONS, Tensor};

/// The most nodes of a graph; a twelve-layer encoder has about 1,000.
const MOST_NODES: usize = 1 << 14;
/// The most initializers.
const MOST_INITIALIZERS: usize = 1 << 14;
/// The most inputs or outputs of the graph or of a node, and values in an attribute.
const MOST_ITEMS: usize = 64;
/// The most numbers of an initializer that are listed one by one; there is a denser form for more.
const MOST_LISTED: usize = 1 << 20;
/// The most metadata properties.
const MOST_PROPERTIES: usize = 64;
/// Versions of the operator set in which the operators mean what is done here.
const OPSETS: std::ops::RangeInclusive<i64> = 13..=17;

/// A file as it is written: names are not yet resolved.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) nodes: Vec<Node>,
    pub(super) initializers: Vec<(String, Tensor)>,
    pub(super) inputs: Vec<Slot>,
    pub(super) outputs: Vec<Slot>,
    pub(super) properties: Vec<(String, String)>,
}

/// One step of a graph.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) operator: Operator,
    /// Empty where an optional input is left out.
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
    /// What errors call it: the operator and its first output.
    pub(super) place: String,
}

/// An input or output of the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The length of each dimension; -1 where it is open.
    pub(super) shape: Vec<i64>,
}

/// Reads a whole file. Weights of one byte stay where they are in it.
pub(super) fn read(file: &Arc<Vec<u8>>) -> Result<File, ModelError> {
    let mut read = File::default();
    let (mut graph, mut opset) = (None, None);
    let mut message = Message::new(file, "the model");
    while let Some((field, value)) = message.next()? {
        match field {
            7 if graph.is_some() => return Err(ModelError::Duplicate("graph".to_owned())),
            7 => graph = Some(value.message("the graph")?),
            8 => opset = opset_of(value)?.or(opset),
            14 => {
                if read.properties.len() >= MOST_PROPERTIES {
                    return Err(ModelError::TooMuch("metadata properties", MOST_PROPERTIES as u64));
                }
                let (name, text) = property(value)?;
                if read.properties.iter().any(|(known, _)| *known == name) {
                    return Err(ModelError::Duplicate(name));
                }
                read.properties.push((name, text));
            }
            20 => return Err(ModelError::Operator("of training".to_owned())),
            25 => return Err(ModelError::Operator("defined by a function of the model".to_owned())),
            _ => {}
        }
    }
    match opset {
        Some(version) if OPSETS.contains(&version) => {}
        version => return Err(ModelError::Opset(version.map_or("none".to_owned(), |v| v.to_string()))),
    }
    read.graph(file, graph.ok_or(ModelError::Malformed("the graph"))?)?;
    Ok(read)
}

/// The version of the standard operators that is imported; None for another domain, whose operators are not known.
fn opset_of(value: Value<'_>) -> Result<Option<i64>, ModelError> {
    const PART: &str = "an import of operators";
    let (mut message, mut domain, mut version) = (value.message(PART)?, "", 0);
    while let Some((field, value)) = message.next()? {
        match field {
            1 => domain = value.text(PART)?,
            2 => version = value.integer(PART)?,
            _ => {}
        }
    }
    Ok((domain.is_empty() || domain == "ai.onnx").then_some(version))
}

/// A metadata property.
fn property(value: Value<'_>) -> Result<(String, String), ModelError> {
    const PART: &str = "a metadata property";
    let (mut message, mut name, mut text) = (value.message(PART)?, "", "");
    while let Some((field, value)) = message.next()? {
        match field {
            1 => name = value.text(PART)?,
            2 => text = value.text(PART)?,
            _ => {}
        }
    }
    Ok((name.to_owned(), text.to_owned()))
}

impl File {
    fn graph(&mut self, file: &Arc<Vec<u8>>, mut graph: Message<'_>) -> Result<(), ModelError> {
        while let Some((field, value)) = graph.next()? {
            match field {
                1 if self.nodes.len() >= MOST_NODES => {
                    return Err(ModelError::TooMuch("nodes", MOST_NODES as u64));
                }
                1 => self.nodes.push(node(value)?),
                5 if self.initializers.len() >= MOST_INITIALIZERS => {
                    return Err(ModelError::TooMuch("initializers", MOST_INITIALIZERS as u64));
                }
                5 => self.initializers.push(tensor(file, value)?),
                11 => push(&mut self.inputs, slot(value)?, "inputs")?,
                12 => push(&mut self.outputs, slot(value)?, "outputs")?,
                15 => return Err(ModelError::Type("a sparse initializer".to_owned(), 0)),
                _ => {}
            }
        }
        Ok(())
    }
}

fn push<T>(items: &mut Vec<T>, item: T, what: &'static str) -> Result<(), ModelError> {
    if items.len() >= MOST_ITEMS {
        return Err(ModelError::TooMuch(what, MOST_ITEMS as u64));
    }
    items.push(item);
    Ok(())
}

fn node(value: Value<'_>) -> Result<Node, ModelError> {
    const PART: &str = "a node";
    let (mut message, mut name, mut domain) = (value.message(PART)?, "", "");
    let (mut inputs, mut outputs, mut attributes) = (Vec::new(), Vec::new(), Vec::new());
    while let Some((field, value)) = message.next()? {
        match field {
            1 => push(&mut inputs, value.text(PART)?.to_owned(), "inputs of a node")?,
            2 => push(&mut outputs, value.text(PART)?.to_owned(), "outputs of a node")?,
            4 => name = value.text(PART)?,
            5 => push(&mut attributes, attribute(value)?, "attributes")?,
            7 => domain = value.text(PART)?,
            _ => {}
        }
    }
    if !(domain.is_empty() || domain == "ai.onnx") {
        return Err(ModelError::Operator(format!("{domain}.{name}")));
    }
    let place = format!("{name} '{}'", outputs.first().map_or("", String::as_str));
    let operator = Operator::read(name, attributes, &place)?;
    Ok(Node { operator, inputs, outputs, place })
}

/// An attribute and its name. Those that are no integers, or have none, are kept as such, for the operator to refuse.
fn attribute(value: Value<'_>) -> Result<(String, Attribute), ModelError> {
    const PART: &str = "an attribute";
    let (mut message, mut name) = (value.message(PART)?, "");
    let mut read = Attribute::Other;
    while let Some((field, value)) = message.next()? {
        match field {
            1 => name = value.text(PART)?,
            3 => read = Attribute::Integer(value.integer(PART)?),
            8 => {
                let mut integers = match read {
                    Attribute::Integers(integers) => integers,
                    _ => Vec::new(),
                };
                value.integers("values of an attribute", MOST_ITEMS, &mut integers)?;
                read = Attribute::Integers(integers);
            }
            _ => {}
        }
    }
    Ok((name.to_owned(), read))
}

/// A tensor and its name.
fn tensor(file: &Arc<Vec<u8>>, value: Value<'_>) -> Result<(String, Tensor), ModelError> {
    const PART: &str = "an initializer";
    let (mut message, mut name, mut number) = (value.message(PART)?, "", 0);
    let (mut dimensions, mut raw) = (Vec::new(), None);
    let (mut floats, mut integers) = (Vec::new(), Vec::new());
    while let Some((field, value)) = message.next()? {
        match field {
            1 => value.integers("dimensions", MOST_DIMENSIONS, &mut dimensions)?,
            2 => number = value.integer(PART)?,
            4 => value.floats(PART, &mut floats)?,
            5 | 7 => value.integers("listed numbers", MOST_LISTED, &mut integers)?,
            8 => name = value.text(PART)?,
            9 => raw = Some(value.message(PART)?),
            13 | 14 => {
                return Err(ModelError::Attribute(format!("initializer '{name}'"), "external data".into()));
            }
            _ => {}
        }
    }
    let place = format!("initializer '{name}'");
    let kind = Kind::read(number, &place)?;
    let shape = dimensions
        .iter()
        .map(|length| usize::try_from(*length))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| ModelError::Shape(place.clone(), "a negative dimension".to_owned()))?;
    let data = match raw {
        Some(raw) => raw_data(file, kind, &raw)?,
        None => listed_data(kind, floats, &integers)
            .ok_or_else(|| ModelError::Shape(place.clone(), "a number does not fit its type".to_owned()))?,
    };
    Ok((name.to_owned(), Tensor::new(&place, shape, data)?))
}

/// Elements as they lie in memory, little-endian.
fn raw_data(file: &Arc<Vec<u8>>, kind: Kind, raw: &Message<'_>) -> Result<Data, ModelError> {
    let words = || match raw.bytes().as_chunks::<4>() {
        (words, []) => Ok(words.iter()),
        _ => Err(raw.malformed()),
    };
    Ok(match kind {
        Kind::F32 => Data::F32(words()?.map(|word| f32::from_le_bytes(*word)).collect()),
        Kind::I32 => Data::I32(words()?.map(|word| i32::from_le_bytes(*word)).collect()),
        Kind::I64 => match raw.bytes().as_chunks::<8>() {
            (words, []) => Data::I64(words.iter().map(|word| i64::from_le_bytes(*word)).collect()),
            _ => return Err(raw.malformed()),
        },
        Kind::U8 => Data::U8(Bytes::within(file, raw.range())),
        Kind::I8 => Data::I8(Bytes::within(file, raw.range())),
    })
}

/// Elements in a list of floats or of integers; None when one is out of its type's range.
fn listed_data(kind: Kind, floats: Vec<f32>, integers: &[i64]) -> Option<Data> {
    Some(match kind {
        Kind::F32 => Data::F32(floats),
        Kind::I64 => Data::I64(integers.to_vec()),
        Kind::I32 => Data::I32(integers.iter().map(|x| i32::try_from(*x).ok()).collect::<Option<_>>()?),
        Kind::U8 => {
            Data::U8(integers.iter().map(|x| u8::try_from(*x).ok()).collect::<Option<Vec<u8>>>()?.into())
        }
        Kind::I8 => {
            let signed = integers.iter().map(|x| i8::try_from(*x).ok().map(i8::cast_unsigned));
            Data::I8(signed.collect::<Option<Vec<u8>>>()?.into())
        }
    })
}

/// An input or output of the graph: name, element type and shape.
fn slot(value: Value<'_>) -> Result<Slot, ModelError> {
    const PART: &str = "an input or output";
    let (mut message, mut name, mut number, mut shape) = (value.message(PART)?, "", 0, Vec::new());
    while let Some((field, value)) = message.next()? {
        match field {
            1 => name = value.text(PART)?,
            2 => {
                let mut kind = value.message(PART)?;
                while let Some((field, value)) = kind.next()? {
                    // What is no tensor has no element type, and is refused below.
                    if field == 1 {
                        (number, shape) = tensor_type(value)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(Slot { name: name.to_owned(), kind: Kind::read(number, name)?, shape })
}

/// Element type and shape of a tensor's type.
fn tensor_type(value: Value<'_>) -> Result<(i64, Vec<i64>), ModelError> {
    const PART: &str = "a tensor's type";
    let (mut message, mut number, mut shape) = (value.message(PART)?, 0, Vec::new());
    while let Some((field, value)) = message.next()? {
        match field {
            1 => number = value.integer(PART)?,
            2 => {
                let mut dimensions = value.message(PART)?;
                while let Some((field, value)) = dimensions.next()? {
                    if field != 1 {
                        continue;
                    }
                    if shape.len() >= MOST_DIMENSIONS {
                        return Err(ModelError::TooMuch("dimensions", MOST_DIMENSIONS as u64));
                    }
                    let (mut dimension, mut length) = (value.message(PART)?, -1);
                    while let Some((field, value)) = dimension.next()? {
                        if field == 1 {
                            length = value.integer(PART)?.max(-1);
                        }
                    }
                    shape.push(length);
                }
            }
            _ => {}
        }
    }
    Ok((number, shape))
}
