//! Vectors of both models against onnxruntime (`deploy/model/vectors.py`) running the same files, on a thousand texts: streams of
//! questions, long ones, and what has accents, signs, other scripts or nothing.
//!
//! The static model's are equal to the last digits. The encoder rounds what goes into each product to 256 steps, so where
//! a value lies between two, any other order of a sum decides otherwise, and six layers enlarge that: onnxruntime itself
//! comes to cosines of 0.992 when the weights change by a ten-millionth. Its operators are compared one by one in
//! `shared/semantic`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use postern_semantic::model::Model;
use postern_tests::process::{tool, top};
use serde::Deserialize;

/// How many texts there are, and how many of those have a vector at least.
const TEXTS: usize = 1000;
const WITH_VECTOR: u32 = 950;

/// A text, and its vector unless it has none.
#[derive(Deserialize)]
struct Line {
    text: String,
    vector: Option<Vec<f32>>,
}

/// What onnxruntime makes of the texts.
fn expected(model: &Path) -> Result<Vec<Line>> {
    let cache = std::env::var("POSTERN_CACHE")
        .or_else(|_| std::env::var("HOME").map(|home| home + "/.cache/postern"))
        .context("a home")?;
    let python = tool("POSTERN_MODEL_PYTHON", &[PathBuf::from(cache).join("model/bin/python")])?;
    let ran = Command::new(python).arg(top().join("deploy/model/vectors.py")).arg(model).output()?;
    ensure!(ran.status.success(), "vectors.py: {}", String::from_utf8_lossy(&ran.stderr));
    let lines = String::from_utf8(ran.stdout)?;
    lines.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The cosine of two vectors, and the largest difference of two of their numbers.
fn compared(ours: &[f32], theirs: &[f32]) -> (f64, f64) {
    let dot =
        |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
    let cosine = dot(ours, theirs) / (dot(ours, ours) * dot(theirs, theirs)).sqrt();
    let apart = ours.iter().zip(theirs).map(|(a, b)| f64::from((a - b).abs()));
    (cosine, apart.fold(0.0, f64::max))
}

/// The mean and the least cosine over all texts, and the largest difference. Texts without a vector have none on both sides.
fn over_all(file: &str) -> Result<(f64, f64, f64)> {
    let path = top().join("deploy/model").join(file);
    let bytes = fs::read(&path).with_context(|| format!("{file} is missing: run `cargo xtask model`"))?;
    let mut model = Model::load(bytes)?;
    let lines = expected(&path)?;
    let (mut sum, mut least, mut apart, mut count) = (0.0, 1.0_f64, 0.0_f64, 0);
    for line in &lines {
        match (model.vector(&line.text), &line.vector) {
            (Ok(ours), Some(theirs)) => {
                ensure!(ours.len() == theirs.len(), "{} and {} numbers", ours.len(), theirs.len());
                let (cosine, difference) = compared(&ours, theirs);
                (sum, least, apart) = (sum + cosine, least.min(cosine), apart.max(difference));
                count += 1_u32;
            }
            (Err(_), None) => {}
            (ours, theirs) => {
                let (ours, theirs) = (ours.map(|_| "a vector"), theirs.as_ref().map(|_| "a vector"));
                bail!("{:?}: {ours:?} here, {theirs:?} there", line.text);
            }
        }
    }
    ensure!(lines.len() == TEXTS && count >= WITH_VECTOR, "{count} vectors of {} texts", lines.len());
    let mean = sum / f64::from(count);
    println!("{file}: {count} vectors; cosine {mean:.6} in the mean, {least:.6} at least; {apart:e} apart");
    Ok((mean, least, apart))
}

#[test]
fn the_static_model_is_as_onnxruntime_runs_it() -> Result<()> {
    let (_, least, apart) = over_all("static.onnx")?;
    assert!(least > 0.999_999 && apart < 1e-5, "cosine {least}, {apart} apart");
    Ok(())
}

#[test]
fn the_encoder_is_nearly_as_onnxruntime_runs_it() -> Result<()> {
    let (mean, least, _) = over_all("build/encoder.onnx")?;
    assert!(mean >= 0.999 && least >= 0.98, "cosine {mean} in the mean, {least} at least");
    Ok(())
}
