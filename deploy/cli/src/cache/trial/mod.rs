//! `postern cache simulate` and `explain`: what the cache would do with calls, by the gateway's own rules.

mod batch;
mod explain;
mod models;
mod simulate;
mod summary;
#[cfg(test)]
mod tests;

use crate::WrongUse;
use anyhow::{Context as _, Result, bail};
use lexopt::{Arg, Parser, ValueExt};
use simulate::Simulation;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write, stderr, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What the help says of both commands.
pub const USAGE: &str = "  postern cache simulate [FILE] [--model M] [--max-error E] [--seed S] [--summary FILE]
      Sends recorded calls through a cache that is empty at first, in mode `serve`, where nothing expires and all share
      it. FILE, or standard input without it or with -, has one JSON object a line:

        {\"tool\": \"kb__search\", \"args\": {\"query\": \"how do I get a refund\"}, \"answer\": {...}}

      tool          string, required: the tool's name
      args          object: its arguments; none when absent
      answer        any JSON, required: what the tool answered
      schema        object: the tool's input schema; it says which arguments are no free text, and their order
      description   string: the tool's description. Another schema or description is another tool to the cache
      ms            number: when the call came, in ms from any point in time; without it, calls come one a second

      --model M        static (default), encoder, or a file: what makes vectors of texts
      --max-error E    the error rate that what is served has to stay under, 0.0001 to 0.5 (default 0.02)
      --seed S         of the coins that are drawn for shadow calls (default 1): the same seed, the same run
      --summary FILE   writes the summary as JSON; it is told on standard error in any case

      For each line one is printed:

        {\"kind\": \"semantic\", \"predicted\": {...}, \"right\": true, \"score\": 0.9951, \"band\": 0.01}

      kind        exact      served: an equal question was answered before
                  semantic   served: the nearest questions agree on an answer, and such agreement was right often enough
                  shadow     could have been served, and the tool was asked all the same, to see whether it would be right
                  miss       the tool was asked
      predicted   what was or would have been served; absent when nothing was expected
      right       whether that is the line's answer, compared in canonical form
      score       how sure it was, 0 to 1
      band        the largest predicted error of its band; absent when it is less sure than all bands

  postern cache explain [--tool T] --a ARGS --b ARGS [--schema FILE] [--model M]
      Shows how two calls are read: exact text, the text that is embedded, hard facts, fingerprint, similarity. ARGS is a
      JSON object of arguments, or else a text, which is taken for the argument `query`. Only calls with equal
      fingerprints can ever answer each other.

  postern cache explain --batch [FILE] [--model M]
      The same for JSON Lines {\"tool\": ..., \"a\": ..., \"b\": ..., \"schema\": ...}, where a and b are argument objects or
      strings. For each line one is printed:

        {\"a\": \"9a3c...\", \"b\": \"9a3c...\", \"equal\": true, \"exact\": false, \"similarity\": 0.8312}

      a, b         the fingerprints, hexadecimal
      equal        whether they are the same
      exact        whether the questions are: either answers the other without any model
      similarity   the cosine of the two vectors; null when a text has none
      --model none leaves it out.

      Of both: blank lines are skipped; a line that cannot be read is answered by {\"line\": 3, \"error\": \"...\"} and
      counts as no call.
      exit status: 0 done; 2 wrong use, or lines that could not be read; 1 the input or the model cannot be read

";

/// Options of both commands.
#[derive(Default)]
struct Options {
    file: Option<PathBuf>,
    model: Option<String>,
    max_error: Option<f64>,
    seed: Option<u64>,
    summary: Option<PathBuf>,
    batch: bool,
    tool: Option<String>,
    schema: Option<PathBuf>,
    a: Option<String>,
    b: Option<String>,
}

/// Runs one of the two commands. `None`: it was asked for help.
///
/// # Errors
/// [`WrongUse`], or input or a model that cannot be read.
pub fn run(command: &str, arguments: &mut Parser) -> Result<Option<ExitCode>> {
    let simulate = command == "simulate";
    let mut options = Options::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("model") => options.model = Some(arguments.value()?.string()?),
            Arg::Long("max-error") if simulate => options.max_error = Some(arguments.value()?.parse()?),
            Arg::Long("seed") if simulate => options.seed = Some(arguments.value()?.parse()?),
            Arg::Long("summary") if simulate => options.summary = Some(arguments.value()?.into()),
            Arg::Long("batch") if !simulate => options.batch = true,
            Arg::Long("tool") if !simulate => options.tool = Some(arguments.value()?.string()?),
            Arg::Long("schema") if !simulate => options.schema = Some(arguments.value()?.into()),
            Arg::Long("a") if !simulate => options.a = Some(arguments.value()?.string()?),
            Arg::Long("b") if !simulate => options.b = Some(arguments.value()?.string()?),
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            Arg::Value(path) if options.file.is_none() => options.file = Some(path.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let wrong = if simulate { simulated(&options)? } else { explained(&options)? };
    Ok(Some(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) }))
}

/// What the cache would have done with recorded calls: JSON Lines in and out, as [`USAGE`] has them. `model` is a name or a
/// file.
///
/// # Errors
/// When the model cannot be loaded, or a line cannot be read.
pub fn replay(calls: &str, model: &str, max_error: f64, seed: u64) -> Result<String> {
    let (mut simulation, mut model) = (Simulation::new(max_error, seed), models::load(model)?);
    let mut output = Vec::new();
    let wrong = batch::run(&mut simulation, &mut model, &mut calls.as_bytes(), &mut output)?;
    anyhow::ensure!(wrong == 0, "{wrong} lines cannot be read");
    String::from_utf8(output).context("what was written")
}

fn simulated(options: &Options) -> Result<usize> {
    let max_error = options.max_error.unwrap_or(0.02);
    if !(0.0001..=0.5).contains(&max_error) {
        bail!(WrongUse(format!("cache simulate: --max-error {max_error} is not between 0.0001 and 0.5")));
    }
    let mut model = models::load(options.model.as_deref().unwrap_or("static"))?;
    let mut simulation = Simulation::new(max_error, options.seed.unwrap_or(1));
    let mut output = BufWriter::new(stdout().lock());
    let wrong = batch::run(&mut simulation, &mut model, &mut input(options)?, &mut output)?;
    output.flush().context("cannot write")?;
    let summary = simulation.summary();
    summary.tell(&mut stderr().lock()).context("cannot write")?;
    if let Some(path) = &options.summary {
        let text = serde_json::to_string_pretty(&summary)? + "\n";
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(wrong)
}

fn explained(options: &Options) -> Result<usize> {
    let texts = match (&options.a, &options.b) {
        (None, None) if options.batch => None,
        (Some(a), Some(b)) if !options.batch && options.file.is_none() => Some([a.as_str(), b]),
        _ => bail!(WrongUse("cache explain: give --a ARGS and --b ARGS, or --batch".to_owned())),
    };
    let mut model = match options.model.as_deref() {
        Some("none") => None,
        name => Some(models::load(name.unwrap_or("static"))?),
    };
    let mut output = stdout().lock();
    let Some(texts) = texts else {
        return explain::batch(model.as_mut(), &mut input(options)?, &mut output);
    };
    let schema = options.schema.as_deref().map(crate::read).transpose()?;
    let text = explain::pair(model.as_mut(), options.tool.as_deref(), schema.as_deref(), texts)?;
    write!(output, "{text}").context("cannot write")?;
    Ok(0)
}

fn input(options: &Options) -> Result<Box<dyn BufRead>> {
    Ok(match options.file.as_deref() {
        None => Box::new(stdin().lock()),
        Some(path) if path == Path::new("-") => Box::new(stdin().lock()),
        Some(path) => {
            let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            Box::new(BufReader::new(file))
        }
    })
}
