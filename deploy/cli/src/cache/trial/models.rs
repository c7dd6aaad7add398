//! Where models are.

use anyhow::{Context as _, Result, bail};
use postern_semantic::model::Model;
use std::path::{Path, PathBuf};

/// Models by name, as they lie in the repository. The encoder is built there.
const NAMED: [(&str, &str); 2] =
    [("static", "deploy/model/static.onnx"), ("encoder", "deploy/model/build/encoder.onnx")];

/// Loads a model by name, or from a file.
///
/// # Errors
/// When it cannot be found or is none.
pub fn load(name: &str) -> Result<Model> {
    let path = match NAMED.iter().find(|(known, _)| *known == name) {
        Some((_, place)) => find(name, Path::new(place))?,
        None => PathBuf::from(name),
    };
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read the model {}", path.display()))?;
    Model::load(bytes).with_context(|| format!("{} is no model that can be used", path.display()))
}

/// In the folder that the command is called in or one above, else in one above the command itself.
fn find(name: &str, place: &Path) -> Result<PathBuf> {
    let starts = [std::env::current_dir(), std::env::current_exe()];
    for start in starts.iter().flatten() {
        if let Some(path) = start.ancestors().map(|folder| folder.join(place)).find(|path| path.is_file()) {
            return Ok(path);
        }
    }
    let remedy = if name == "encoder" { "; `cargo xtask model` builds it" } else { "" };
    bail!("the model `{name}` is not there: {} in no folder from here up{remedy}", place.display())
}
