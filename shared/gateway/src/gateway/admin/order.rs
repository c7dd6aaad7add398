//! The body of a request to the admin API: one strict JSON object with known members.

use crate::error::Refusal;
use crate::limits;
use crate::mcp::json::{Json, JsonError, Kind, Node, Raw};

/// Largest number taken: beyond 2^53 parsers disagree.
const LARGEST: i64 = 1 << 53;

/// What of several things is meant.
#[derive(Debug, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// Those with these names: at least one.
    Named(Vec<String>),
}

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
        self.read(name, "a whole number from 0 on", |node| whole(self.0.value(node)))
    }

    /// `true` or `false`; `false` when it is absent.
    ///
    /// # Errors
    /// [`Refusal::InvalidParams`] for anything else.
    pub fn flag(&self, name: &str) -> Result<bool, Refusal> {
        Ok(self.read(name, "true or false", |node| self.0.bool(node))?.unwrap_or_default())
    }

    /// `true`, or a list of names. An empty one is refused: it could be taken for either.
    ///
    /// # Errors
    /// [`Refusal::InvalidParams`] for anything else.
    pub fn which(&self, name: &str) -> Result<Option<Which>, Refusal> {
        self.read(name, "true or a list of names", |node| {
            let value = self.0.value(node);
            if value.kind() != Kind::Array {
                return value.bool().filter(|all| *all).map(|_| Which::All);
            }
            let names = value.elements().map(|name| Some(name.string()?.into_owned()));
            let names: Option<Vec<String>> = names.collect();
            names.filter(|names| !names.is_empty()).map(Which::Named)
        })
    }

    /// An object with one member, a whole number from 0 on.
    ///
    /// # Errors
    /// [`Refusal::InvalidParams`] for anything else.
    pub fn pair(&self, name: &str) -> Result<Option<(String, u64)>, Refusal> {
        self.read(name, "an object with one name and a whole number from 0 on", |node| {
            let value = self.0.value(node);
            let mut members = (value.kind() == Kind::Object).then(|| value.members())?;
            let (name, value) = members.next()?;
            let pair = (name.into_owned(), whole(value)?);
            members.next().is_none().then_some(pair)
        })
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

fn whole(value: Raw<'_>) -> Option<u64> {
    let number = value.integer().filter(|number| *number < LARGEST)?;
    u64::try_from(number).ok()
}
