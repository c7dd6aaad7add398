//! The body of a request to the admin API: one strict JSON object with known members.

use crate::error::Refusal;
use crate::limits;
use crate::mcp::json::{Json, JsonError, Kind, Node};

/// Largest number taken: beyond 2^53 parsers disagree.
const LARGEST: i64 = 1 << 53;

/// The members of an object.
pub struct Fields(Json<'static>);

impl Fields {
    /// Reads a body.
    ///
    /// # Errors
    /// [`Refusal::Parse`] or [`Refusal::TooLarge`] for what is not strict JSON, [`Refusal::InvalidRequest`] for what
    /// is no object.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Refusal> {
        let json = Json::parse_owned(bytes, &limits::REQUEST).map_err(|error| match error {
            JsonError::TooLarge => Refusal::TooLarge,
            other => Refusal::Parse(other.to_string()),
        })?;
        if json.kind(json.root()) == Kind::Object {
            Ok(Self(json))
        } else {
            Err(Refusal::InvalidRequest("the body is no JSON object"))
        }
    }

    /// Refuses every member that is not `known`: a misspelt one would be one that does nothing.
    ///
    /// # Errors
    /// [`Refusal::InvalidParams`] with its name.
    pub fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        match self.0.members(self.0.root()).find(|(name, _)| !known.contains(&name.as_ref())) {
            None => Ok(()),
            Some((name, _)) => {
                let name: String = name.chars().take(40).collect();
                Err(Refusal::InvalidParams(format!(
                    "there is no member {name:?}; there are {}",
                    known.join(", ")
                )))
            }
        }
    }

    /// A string.
    ///
    /// # Errors
    /// [`Refusal::InvalidParams`] for anything else.
    pub fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        self.read(name, "a string", |node| Some(self.0.string(node)?.into_owned()))
    }

    /// A whole number from 0 on.
    ///
    /// # Errors
    /// [`Refusal::InvalidParams`] for anything else.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        self.read(name, "a whole number from 0 on", |node| {
            let number = self.0.integer(node).filter(|number| *number < LARGEST)?;
            u64::try_from(number).ok()
        })
    }

    /// `true` or `false`; `false` when it is absent.
    ///
    /// # Errors
    /// [`Refusal::InvalidParams`] for anything else.
    pub fn flag(&self, name: &str) -> Result<bool, Refusal> {
        Ok(self.read(name, "true or false", |node| self.0.bool(node))?.unwrap_or_default())
    }

    fn read<T>(
        &self,
        name: &str,
        wanted: &str,
        read: impl Fn(Node) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        match self.0.get(self.0.root(), name) {
            None => Ok(None),
            Some(node) => match read(node) {
                Some(value) => Ok(Some(value)),
                None => Err(Refusal::InvalidParams(format!("`{name}` is not {wanted}"))),
            },
        }
    }
}
