//! `spin:variables`.

use wasmtime::Result;
use wasmtime::component::{ComponentType, Lift, Linker, Lower};

use crate::state::{State, at_once};
use crate::template;

/// `spin:variables/variables.error`.
#[derive(Clone, ComponentType, Lift, Lower)]
#[component(variant)]
enum Error {
    #[component(name = "invalid-name")]
    InvalidName(String),
    #[component(name = "undefined")]
    Undefined(String),
    #[component(name = "provider")]
    Provider(String),
    #[component(name = "other")]
    Other(String),
}

/// Offers the interface.
pub fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    let mut interface = linker.instance("spin:variables/variables@3.0.0")?;
    interface.func_wrap_concurrent("get", |accessor, (name,): (String,)| {
        at_once(accessor, move |state| {
            Ok(match state.shared.app.variables.get(&name) {
                Some(value) => Ok(value.clone()),
                None if template::is_name(&name) => Err(Error::Undefined(name)),
                None => Err(Error::InvalidName(name)),
            })
        })
    })
}
