//! A graph that runs: names resolved, order checked.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

use super::ModelError;
use super::onnx::{self, Node, Slot};
use super::operators::{Inputs, Operator};
use super::room::Room;
use super::tensor::{Tensor, elements};

/// A model, checked as far as it can be without an input. Weights of one byte stay in the file that it was read from,
/// which is kept in memory once; others, of which a quantised model has few, are copied out of it.
#[derive(Debug)]
pub(super) struct Graph {
    inputs: Vec<Slot>,
    outputs: Vec<Slot>,
    steps: Vec<Step>,
    /// The initializers; None where a value is made while running.
    constants: Vec<Option<Tensor>>,
    /// Where the values of `inputs` and `outputs` are.
    input_places: Vec<usize>,
    output_places: Vec<usize>,
    properties: Vec<(String, String)>,
}

/// A node whose values are numbered.
#[derive(Debug)]
struct Step {
    operator: Operator,
    inputs: Vec<Option<usize>>,
    outputs: Vec<usize>,
    place: String,
    /// The values that no later step needs.
    last: Vec<usize>,
}

/// Numbers for the names of values. Without a random seed, which a host would have to give; the names are not a stranger's.
#[derive(Default)]
struct Names(HashMap<String, usize, BuildHasherDefault<DefaultHasher>>);

impl Names {
    /// Numbers a new name.
    fn define(&mut self, name: String) -> Result<usize, ModelError> {
        let number = self.0.len();
        match self.0.insert(name.clone(), number) {
            Some(_) => Err(ModelError::Duplicate(name)),
            None => Ok(number),
        }
    }

    /// The number of a name that something has made.
    fn find(&self, name: &str) -> Result<usize, ModelError> {
        self.0.get(name).copied().ok_or_else(|| ModelError::Undefined(name.to_owned()))
    }
}

impl Graph {
    /// Reads and checks an ONNX file.
    ///
    /// # Errors
    /// Any but `Interface` and `Property`: whatever is malformed, unknown or undefined.
    pub(super) fn read(file: Vec<u8>) -> Result<Self, ModelError> {
        let onnx::File { nodes, mut initializers, inputs, outputs, properties } =
            onnx::read(&Arc::new(file))?;
        let mut names = Names::default();
        let mut constants = Vec::new();
        let mut input_places = Vec::new();
        for input in &inputs {
            // Older files list initializers among the inputs. They are constant nevertheless.
            let constant = initializers.iter().position(|(name, _)| *name == input.name);
            input_places.push(names.define(input.name.clone())?);
            constants.push(constant.map(|at| initializers.remove(at).1));
        }
        for (name, tensor) in initializers {
            names.define(name)?;
            constants.push(Some(tensor));
        }
        let mut steps =
            nodes.into_iter().map(|node| Step::new(node, &mut names)).collect::<Result<Vec<_>, _>>()?;
        constants.resize_with(names.0.len(), || None);
        let output_places =
            outputs.iter().map(|output| names.find(&output.name)).collect::<Result<Vec<_>, _>>()?;
        mark_last(&mut steps, &output_places, names.0.len());
        let fed: Vec<bool> =
            input_places.iter().map(|at| constants.get(*at).is_none_or(Option::is_none)).collect();
        let (inputs, input_places) = inputs
            .into_iter()
            .zip(input_places)
            .zip(fed)
            .filter(|(_, fed)| *fed)
            .map(|(input, _)| input)
            .unzip();
        Ok(Self { inputs, outputs, steps, constants, input_places, output_places, properties })
    }

    /// What has to be fed.
    pub(super) fn inputs(&self) -> &[Slot] {
        &self.inputs
    }

    /// What is made of it.
    pub(super) fn outputs(&self) -> &[Slot] {
        &self.outputs
    }

    /// A metadata property.
    pub(super) fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// Runs the graph within `room`; returns its outputs in order.
    ///
    /// # Errors
    /// `Interface` if an input is missing or has another type or shape than declared; else what an operator says.
    pub(super) fn run(&self, feed: &[(&str, &Tensor)], mut room: Room) -> Result<Vec<Tensor>, ModelError> {
        let mut values: Vec<Option<Tensor>> = Vec::new();
        values.resize_with(self.constants.len(), || None);
        for (slot, at) in self.inputs.iter().zip(&self.input_places) {
            let fed = feed.iter().find(|(name, _)| *name == slot.name);
            let (_, tensor) =
                fed.ok_or_else(|| ModelError::Interface(format!("'{}' is missing", slot.name)))?;
            slot.accepts(tensor)?;
            room.take(&slot.name, tensor.shape(), tensor.kind())?;
            put(&mut values, *at, (*tensor).clone());
        }
        for step in &self.steps {
            let value = |at: &usize| values.get(*at).and_then(Option::as_ref).or_else(|| self.constant(*at));
            let inputs = step
                .inputs
                .iter()
                .map(|input| input.as_ref().map(|at| value(at).ok_or_else(|| step.undefined())).transpose());
            let inputs = Inputs { values: inputs.collect::<Result<_, _>>()?, place: &step.place };
            let made = step.operator.run(&inputs, &mut room)?;
            for (at, tensor) in step.outputs.iter().zip(made) {
                put(&mut values, *at, tensor);
            }
            for at in &step.last {
                if let Some(gone) = values.get_mut(*at).and_then(Option::take) {
                    room.give(gone.len() * gone.kind().size());
                }
            }
        }
        self.outputs
            .iter()
            .zip(&self.output_places)
            .map(|(slot, at)| {
                let made = values.get(*at).and_then(Option::as_ref).or_else(|| self.constant(*at));
                let made = made.ok_or_else(|| ModelError::Undefined(slot.name.clone()))?;
                slot.accepts(made)?;
                Ok(made.clone())
            })
            .collect()
    }

    fn constant(&self, at: usize) -> Option<&Tensor> {
        self.constants.get(at).and_then(Option::as_ref)
    }
}

fn put(values: &mut [Option<Tensor>], at: usize, tensor: Tensor) {
    if let Some(value) = values.get_mut(at) {
        *value = Some(tensor);
    }
}

impl Step {
    fn new(node: Node, names: &mut Names) -> Result<Self, ModelError> {
        let Node { operator, mut inputs, outputs, place } = node;
        while inputs.pop_if(|name| name.is_empty()).is_some() {}
        let (fewest, most, made) = operator.arity();
        if !(fewest..=most).contains(&inputs.len()) || outputs.len() != made {
            return Err(ModelError::Arity(place));
        }
        let inputs = inputs
            .iter()
            .map(|name| if name.is_empty() { Ok(None) } else { names.find(name).map(Some) })
            .collect::<Result<_, _>>()?;
        let outputs = outputs.into_iter().map(|name| names.define(name)).collect::<Result<_, _>>()?;
        Ok(Self { operator, inputs, outputs, place, last: Vec::new() })
    }

    fn undefined(&self) -> ModelError {
        ModelError::Undefined(self.place.clone())
    }
}

/// Finds after which step each value is no longer needed.
fn mark_last(steps: &mut [Step], outputs: &[usize], count: usize) {
    let mut needed = vec![false; count];
    for at in outputs {
        if let Some(needed) = needed.get_mut(*at) {
            *needed = true;
        }
    }
    for step in steps.iter_mut().rev() {
        for at in step.inputs.iter().flatten().chain(&step.outputs) {
            if let Some(needed) = needed.get_mut(*at).filter(|needed| !**needed) {
                *needed = true;
                step.last.push(*at);
            }
        }
    }
}

impl Slot {
    /// Whether a tensor has the type and shape that are declared.
    fn accepts(&self, tensor: &Tensor) -> Result<(), ModelError> {
        let fits = self.kind == tensor.kind()
            && self.shape.len() == tensor.shape().len()
            && self.shape.iter().zip(tensor.shape()).all(|(declared, length)| {
                *declared < 0 || usize::try_from(*declared).is_ok_and(|declared| declared == *length)
            });
        if fits {
            return elements(&self.name, tensor.shape()).map(drop);
        }
        Err(ModelError::Interface(format!(
            "'{}' is {:?} {:?} where {:?} {:?} is declared",
            self.name,
            tensor.kind(),
            tensor.shape(),
            self.kind,
            self.shape
        )))
    }
}
