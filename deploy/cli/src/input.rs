//! Lines of input, within bounds.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, Read};

/// The longest line, and the longest document.
pub const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Lines, counted from 1.
pub struct Lines<'a> {
    input: &'a mut dyn BufRead,
    pub number: usize,
    most: usize,
}

impl<'a> Lines<'a> {
    pub fn of(input: &'a mut dyn BufRead, most: usize) -> Self {
        Self { input, number: 0, most }
    }

    /// The next line with its end, as bytes; none at the end of the input.
    ///
    /// # Errors
    /// When it cannot be read or is too long.
    pub fn next(&mut self) -> Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let limit = u64::try_from(self.most).unwrap_or(u64::MAX).saturating_add(1);
        self.number += 1;
        let read = self.input.take(limit).read_until(b'\n', &mut line).context("cannot read the input")?;
        if line.len() > self.most {
            bail!("line {}: it has more than {} bytes", self.number, self.most);
        }
        Ok((read > 0).then_some(line))
    }

    /// The same as text.
    ///
    /// # Errors
    /// When it is no UTF-8, besides.
    pub fn next_text(&mut self) -> Result<Option<String>> {
        let Some(line) = self.next()? else { return Ok(None) };
        text(line).with_context(|| format!("line {}", self.number)).map(Some)
    }
}

/// Bytes as text.
///
/// # Errors
/// When they are no UTF-8; says which byte is the first that is not.
pub fn text(bytes: Vec<u8>) -> Result<String> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => bail!("it is no UTF-8 at byte {}", error.utf8_error().valid_up_to() + 1),
    }
}
