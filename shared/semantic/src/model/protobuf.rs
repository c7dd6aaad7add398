//! Protocol buffers, as much of them as ONNX uses. A value is never copied: it is a place in the file.

use std::ops::Range;

use super::ModelError;

/// A message, of which fields are taken from the front.
#[derive(Clone, Debug)]
pub(super) struct Message<'a> {
    file: &'a [u8],
    at: usize,
    end: usize,
    /// What an error calls it.
    part: &'static str,
}

/// The value of a field.
#[derive(Debug)]
pub(super) enum Value<'a> {
    /// A variable-length number.
    Number(u64),
    /// Four bytes: a float.
    Word([u8; 4]),
    /// Eight bytes, which no field has that is read here.
    Double,
    /// A text, a message, or packed numbers.
    Block(Message<'a>),
}

impl<'a> Message<'a> {
    /// The whole file as one message.
    pub(super) fn new(file: &'a [u8], part: &'static str) -> Self {
        Self { file, at: 0, end: file.len(), part }
    }

    /// The next field's number and value; None at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, ModelError> {
        if self.at >= self.end {
            return Ok(None);
        }
        let key = self.number()?;
        let value = match key & 7 {
            0 => Value::Number(self.number()?),
            1 => {
                self.take(8)?;
                Value::Double
            }
            2 => {
                let length = usize::try_from(self.number()?).map_err(|_| self.malformed())?;
                let start = self.at;
                self.take(length)?;
                Value::Block(Self { at: start, end: self.at, ..self.clone() })
            }
            5 => Value::Word(self.take(4)?.try_into().map_err(|_| self.malformed())?),
            _ => return Err(self.malformed()),
        };
        Ok(Some((key >> 3, value)))
    }

    /// The number that comes next, at most ten bytes long.
    pub(super) fn number(&mut self) -> Result<u64, ModelError> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let [byte] = *self.take(1)? else { return Err(self.malformed()) };
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(self.malformed())
    }

    /// The bytes that come next.
    fn take(&mut self, length: usize) -> Result<&'a [u8], ModelError> {
        let end =
            self.at.checked_add(length).filter(|end| *end <= self.end).ok_or_else(|| self.malformed())?;
        let taken = self.file.get(self.at..end).ok_or_else(|| self.malformed())?;
        self.at = end;
        Ok(taken)
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    /// The bytes that are left.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.file.get(self.range()).unwrap_or_default()
    }

    /// Where they are in the file.
    pub(super) fn range(&self) -> Range<usize> {
        self.at..self.end
    }

    /// The error for what this message cannot be.
    pub(super) fn malformed(&self) -> ModelError {
        ModelError::Malformed(self.part)
    }
}

impl<'a> Value<'a> {
    /// The value as a message or as packed numbers, which errors call `part`.
    pub(super) fn message(self, part: &'static str) -> Result<Message<'a>, ModelError> {
        match self {
            Self::Block(message) => Ok(Message { part, ..message }),
            _ => Err(ModelError::Malformed(part)),
        }
    }

    /// The value as text; names hold no NUL, because they pass through C.
    pub(super) fn text(self, part: &'static str) -> Result<&'a str, ModelError> {
        let text = str::from_utf8(self.message(part)?.bytes()).map_err(|_| ModelError::Malformed(part))?;
        if text.contains('\0') { Err(ModelError::Malformed(part)) } else { Ok(text) }
    }

    /// The value as a number. Negative ones are written as their two's complement.
    pub(super) fn integer(self, part: &'static str) -> Result<i64, ModelError> {
        match self {
            Self::Number(number) => Ok(number.cast_signed()),
            _ => Err(ModelError::Malformed(part)),
        }
    }

    /// Appends a repeated number, packed or not; never more than `most` in all.
    pub(super) fn integers(
        self,
        part: &'static str,
        most: usize,
        into: &mut Vec<i64>,
    ) -> Result<(), ModelError> {
        let mut push = |number: u64| {
            if into.len() >= most {
                return Err(ModelError::TooMuch(part, most as u64));
            }
            into.push(number.cast_signed());
            Ok(())
        };
        match self {
            Self::Number(number) => push(number),
            Self::Block(mut packed) => {
                packed.part = part;
                while !packed.is_empty() {
                    push(packed.number()?)?;
                }
                Ok(())
            }
            _ => Err(ModelError::Malformed(part)),
        }
    }

    /// Appends a repeated float, packed or not.
    pub(super) fn floats(self, part: &'static str, into: &mut Vec<f32>) -> Result<(), ModelError> {
        match self {
            Self::Word(word) => into.push(f32::from_le_bytes(word)),
            Self::Block(packed) => {
                let (words, []) = packed.bytes().as_chunks::<4>() else {
                    return Err(ModelError::Malformed(part));
                };
                into.extend(words.iter().map(|word| f32::from_le_bytes(*word)));
            }
            _ => return Err(ModelError::Malformed(part)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_order() {
        // 1: 300; 2: "ab"; 3: 1.5 as a float; 4: packed 1, 2, -1.
        let file = [
            &[0x08, 0xac, 0x02, 0x12, 2, b'a', b'b', 0x1d, 0, 0, 0xc0, 0x3f, 0x22, 12, 1, 2][..],
            &[0xff; 9],
            &[1],
        ]
        .concat();
        let mut message = Message::new(&file, "test");
        let mut next = || message.next().unwrap().unwrap();
        assert_eq!(next().1.integer("n").unwrap(), 300);
        assert_eq!(next().1.text("t").unwrap(), "ab");
        let (mut floats, mut integers) = (vec![], vec![]);
        next().1.floats("f", &mut floats).unwrap();
        next().1.integers("i", 3, &mut integers).unwrap();
        assert_eq!((floats, integers), (vec![1.5], vec![1, 2, -1]));
        assert!(message.next().unwrap().is_none());
    }

    #[test]
    fn what_is_cut_off_or_no_wire_format_is_refused() {
        for file in [
            &[0x08][..],
            &[0x08, 0x80],
            &[0x12, 5, b'a'],
            &[0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            &[0x0d, 1, 2],
            &[0x09, 1, 2],
            &[0x0b],
            &[0xff; 11],
        ] {
            assert_eq!(Message::new(file, "it").next().unwrap_err(), ModelError::Malformed("it"), "{file:?}");
        }
        let file = [0x22, 3, 1, 2, 3];
        let value = || Message::new(&file, "it").next().unwrap().unwrap().1;
        assert_eq!(value().integers("ns", 2, &mut vec![]), Err(ModelError::TooMuch("ns", 2)));
        assert!(value().floats("f", &mut vec![]).is_err());
        assert!(value().integer("n").is_err());
    }
}
