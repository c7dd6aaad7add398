//! The operators, as ONNX defines them from version 13 of its set on.

mod arithmetic;
mod blocks;
mod kernel;
mod layout;
mod matrix;
mod quantize;
mod reduce;
#[cfg(test)]
mod tests;

use super::ModelError;
use super::room::Room;
use super::tensor::{Kind, Tensor};

/// An operator with its attributes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    Sqrt,
    Erf,
    Cast { to: Kind },
    Gather { axis: i64 },
    Unsqueeze,
    Reshape,
    Transpose { order: Vec<i64> },
    CumSum,
    Reduce { mean: bool, axes: Vec<i64>, keep: bool },
    Softmax { axis: i64 },
    MatMul,
    MatMulInteger,
    DynamicQuantizeLinear,
    DequantizeLinear { axis: i64 },
}

/// The value of an attribute.
#[derive(Clone, Debug)]
pub(super) enum Attribute {
    Integer(i64),
    Integers(Vec<i64>),
    /// Anything that no known operator has.
    Other,
}

/// The attributes of a node, of which the operator takes what it knows.
struct Attributes<'a> {
    list: Vec<(String, Attribute)>,
    place: &'a str,
}

impl Attributes<'_> {
    fn take(&mut self, name: &str) -> Option<Attribute> {
        let at = self.list.iter().position(|(other, _)| other == name)?;
        Some(self.list.swap_remove(at).1)
    }

    #[cold]
    fn wrong(&self, name: &str) -> ModelError {
        ModelError::Attribute(self.place.to_owned(), name.to_owned())
    }

    fn integer(&mut self, name: &str, default: Option<i64>) -> Result<i64, ModelError> {
        match self.take(name) {
            Some(Attribute::Integer(value)) => Ok(value),
            None => default.ok_or_else(|| self.wrong(name)),
            Some(_) => Err(self.wrong(name)),
        }
    }

    fn integers(&mut self, name: &str) -> Result<Vec<i64>, ModelError> {
        match self.take(name) {
            Some(Attribute::Integers(values)) => Ok(values),
            None => Ok(Vec::new()),
            Some(_) => Err(self.wrong(name)),
        }
    }

    /// An attribute that may only be zero, which is its default.
    fn zero(&mut self, name: &str) -> Result<(), ModelError> {
        if self.integer(name, Some(0))? == 0 { Ok(()) } else { Err(self.wrong(name)) }
    }
}

impl Operator {
    /// The operator of that name. An attribute that it does not know is an error.
    pub(super) fn read(
        name: &str,
        attributes: Vec<(String, Attribute)>,
        place: &str,
    ) -> Result<Self, ModelError> {
        let mut attributes = Attributes { list: attributes, place };
        let operator = match name {
            "Add" => Self::Add,
            "Sub" => Self::Sub,
            "Mul" => Self::Mul,
            "Div" => Self::Div,
            "Sqrt" => Self::Sqrt,
            "Erf" => Self::Erf,
            "Cast" => Self::Cast { to: Kind::read(attributes.integer("to", None)?, place)? },
            "Gather" => Self::Gather { axis: attributes.integer("axis", Some(0))? },
            "Unsqueeze" => Self::Unsqueeze,
            "Reshape" => {
                attributes.zero("allowzero")?;
                Self::Reshape
            }
            "Transpose" => Self::Transpose { order: attributes.integers("perm")? },
            "CumSum" => {
                attributes.zero("exclusive")?;
                attributes.zero("reverse")?;
                Self::CumSum
            }
            "ReduceMean" => Self::Reduce {
                mean: true,
                axes: attributes.integers("axes")?,
                keep: attributes.integer("keepdims", Some(1))? != 0,
            },
            "ReduceSum" => {
                attributes.zero("noop_with_empty_axes")?;
                let keep = attributes.integer("keepdims", Some(1))? != 0;
                Self::Reduce { mean: false, axes: Vec::new(), keep }
            }
            "Softmax" => Self::Softmax { axis: attributes.integer("axis", Some(-1))? },
            "MatMul" => Self::MatMul,
            "MatMulInteger" => Self::MatMulInteger,
            "DynamicQuantizeLinear" => Self::DynamicQuantizeLinear,
            "DequantizeLinear" => Self::DequantizeLinear { axis: attributes.integer("axis", Some(1))? },
            _ => return Err(ModelError::Operator(name.to_owned())),
        };
        match attributes.list.first() {
            Some((unknown, _)) => Err(attributes.wrong(unknown)),
            None => Ok(operator),
        }
    }

    /// How few and how many inputs it takes, and how many outputs it makes.
    pub(super) fn arity(&self) -> (usize, usize, usize) {
        match self {
            Self::Sqrt | Self::Erf | Self::Cast { .. } | Self::Transpose { .. } | Self::Softmax { .. } => {
                (1, 1, 1)
            }
            Self::Reduce { mean: true, .. } => (1, 1, 1),
            Self::Reduce { mean: false, .. } => (1, 2, 1),
            Self::DynamicQuantizeLinear => (1, 1, 3),
            Self::DequantizeLinear { .. } => (2, 3, 1),
            Self::MatMulInteger => (2, 4, 1),
            _ => (2, 2, 1),
        }
    }

    /// Runs it. `inputs` are as many as [`Operator::arity`] allows, with None for optional ones that are left out.
    pub(super) fn run(&self, inputs: &Inputs<'_>, room: &mut Room) -> Result<Vec<Tensor>, ModelError> {
        let first = inputs.get(0)?;
        let place = inputs.place;
        let made = match self {
            Self::Add => arithmetic::add(place, first, inputs.get(1)?, room),
            Self::Sub => arithmetic::subtract(place, first, inputs.get(1)?, room),
            Self::Mul => arithmetic::multiply(place, first, inputs.get(1)?, room),
            Self::Div => arithmetic::divide(place, first, inputs.get(1)?, room),
            Self::Sqrt => arithmetic::each(place, first, room, f32::sqrt),
            Self::Erf => arithmetic::each(place, first, room, arithmetic::erf),
            Self::Cast { to } => arithmetic::cast(place, first, *to, room),
            Self::Gather { axis } => layout::gather(place, first, inputs.get(1)?, *axis, room),
            Self::Unsqueeze => layout::unsqueeze(place, first, inputs.get(1)?, room),
            Self::Reshape => layout::reshape(place, first, inputs.get(1)?, room),
            Self::Transpose { order } => layout::transpose(place, first, order, room),
            Self::CumSum => reduce::running_sum(place, first, inputs.get(1)?, room),
            Self::Reduce { mean, axes, keep } => {
                let given = inputs.optional(1).map(|axes| axes.integers(place)).transpose()?;
                reduce::reduce(place, first, given.unwrap_or(axes), *keep, *mean, room)
            }
            Self::Softmax { axis } => reduce::softmax(place, first, *axis, room),
            Self::MatMul => matrix::multiply(place, first, inputs.get(1)?, room),
            Self::MatMulInteger => {
                let zeros = (inputs.optional(2), inputs.optional(3));
                matrix::multiply_integers(place, first, inputs.get(1)?, zeros, room)
            }
            Self::DynamicQuantizeLinear => return quantize::quantize(place, first, room),
            Self::DequantizeLinear { axis } => {
                quantize::dequantize(place, first, inputs.get(1)?, inputs.optional(2), *axis, room)
            }
        };
        Ok(vec![made?])
    }
}

/// The inputs of a node.
pub(super) struct Inputs<'a> {
    pub(super) values: Vec<Option<&'a Tensor>>,
    /// What errors call the node.
    pub(super) place: &'a str,
}

impl<'a> Inputs<'a> {
    fn optional(&self, at: usize) -> Option<&'a Tensor> {
        self.values.get(at).copied().flatten()
    }

    fn get(&self, at: usize) -> Result<&'a Tensor, ModelError> {
        self.optional(at).ok_or_else(|| ModelError::Arity(self.place.to_owned()))
    }
}

/// The error for shapes that do not fit.
#[cold]
#[inline(never)]
fn misfit(place: &str, what: &str) -> ModelError {
    ModelError::Shape(place.to_owned(), what.to_owned())
}
