//! `x-mcp-header` annotations: tool arguments mirrored in `Mcp-Param-*` headers (2026-07-28, transports).

use super::{Headers, decode_value, encode_value};
use crate::mcp::era::HeaderMismatch;
use crate::mcp::json::{Kind, Raw};
use std::borrow::Cow;

/// A tool argument that a header mirrors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamHeader {
    /// X of `Mcp-Param-X`, as the schema spells it.
    pub header: String,
    /// Property names from the arguments' root to the value.
    pub path: Vec<String>,
    /// The declared type.
    pub kind: ParamKind,
}

/// The types that may be mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// `string`
    String,
    /// `integer`, within plus or minus 2^53 - 1.
    Integer,
    /// `boolean`
    Boolean,
}

/// Why a tool's annotations are invalid; the tool must then be dropped from the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaViolation {
    /// For the audit trail.
    pub why: String,
}

/// The annotations of a tool's `inputSchema`; empty when there are none.
///
/// # Errors
/// The first annotation that is no token, not unique, on another type, or not reachable by `properties` alone.
pub fn param_headers(input_schema: Raw<'_>) -> Result<Vec<ParamHeader>, SchemaViolation> {
    let mut found = Vec::new();
    // Nearly no tool has annotations; a backslash may hide one.
    if input_schema.text().contains(ANNOTATION) || input_schema.text().contains('\\') {
        visit(input_schema, &mut Vec::new(), true, &mut found)?;
    }
    Ok(found)
}

/// The headers (`Mcp-Param-X`, encoded value) that mirror `arguments`; none for absent, null and compound ones, nor
/// for integers beyond 2^53 - 1.
#[must_use]
pub fn param_values(headers: &[ParamHeader], arguments: Option<Raw<'_>>) -> Vec<(String, String)> {
    let value =
        |param: &ParamHeader| Some(encode_value(&rendered(at(arguments?, &param.path)?)?).into_owned());
    headers.iter().filter_map(|param| Some((name(param), value(param)?))).collect()
}

/// Checks a call's `Mcp-Param-*` headers against its arguments. Headers that no annotation names are ignored.
///
/// # Errors
/// The first header that is missing, wrong, superfluous or badly encoded.
pub fn check_params(
    headers: &Headers,
    params: &[ParamHeader],
    arguments: Option<Raw<'_>>,
) -> Result<(), HeaderMismatch> {
    for param in params {
        let argument = arguments.and_then(|arguments| at(arguments, &param.path));
        let header = headers.any(&name(param).to_ascii_lowercase());
        compare(param, header.as_deref(), argument)
            .map_err(|why| HeaderMismatch { header: name(param), why })?;
    }
    Ok(())
}

const ANNOTATION: &str = "x-mcp-header";
/// The largest integer that every JSON reader keeps: 2^53 - 1.
const SAFE: i64 = (1 << 53) - 1;
/// Keywords whose value is a schema or an array of schemas outside the chain of `properties`.
const SCHEMAS: &[&str] = &[
    "items",
    "prefixItems",
    "additionalItems",
    "contains",
    "additionalProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "propertyNames",
    "contentSchema",
    "oneOf",
    "anyOf",
    "allOf",
    "not",
    "if",
    "then",
    "else",
];
/// Keywords whose value is an object of schemas outside the chain.
const SCHEMA_MAPS: &[&str] =
    &["patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions"];

fn name(param: &ParamHeader) -> String {
    format!("Mcp-Param-{}", param.header)
}

/// Collects the annotations of `schema` and below. Depth is bounded by the document's.
fn visit(
    schema: Raw<'_>,
    path: &mut Vec<String>,
    reachable: bool,
    found: &mut Vec<ParamHeader>,
) -> Result<(), SchemaViolation> {
    if let Some(annotation) = schema.get(ANNOTATION) {
        let param = annotated(schema, annotation, path, reachable, found)
            .map_err(|why| SchemaViolation { why: format!("`{}`: x-mcp-header {why}", path.join(".")) })?;
        found.push(param);
    }
    for (keyword, value) in schema.members() {
        match &*keyword {
            "properties" => {
                for (property, schema) in value.members() {
                    path.push(property.into_owned());
                    visit(schema, path, reachable, found)?;
                    path.pop();
                }
            }
            other if SCHEMAS.contains(&other) => {
                visit(value, path, false, found)?;
                for schema in value.elements() {
                    visit(schema, path, false, found)?;
                }
            }
            other if SCHEMA_MAPS.contains(&other) => {
                for (_, schema) in value.members() {
                    visit(schema, path, false, found)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn annotated(
    schema: Raw<'_>,
    annotation: Raw<'_>,
    path: &[String],
    reachable: bool,
    found: &[ParamHeader],
) -> Result<ParamHeader, &'static str> {
    if !reachable || path.is_empty() {
        return Err("is allowed only on a property reached by `properties` alone");
    }
    let header = annotation.string().ok_or("must be a string")?;
    if header.is_empty() || !header.bytes().all(is_token) {
        return Err("must be an HTTP token");
    }
    if found.iter().any(|other| other.header.eq_ignore_ascii_case(&header)) {
        return Err("must be unique, ignoring case");
    }
    let kind = match schema.get("type").and_then(Raw::string).as_deref() {
        Some("string") => ParamKind::String,
        Some("integer") => ParamKind::Integer,
        Some("boolean") => ParamKind::Boolean,
        _ => return Err("is allowed only on the types string, integer and boolean"),
    };
    Ok(ParamHeader { header: header.into_owned(), path: path.to_vec(), kind })
}

/// RFC 9110, 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn at<'a>(arguments: Raw<'a>, path: &[String]) -> Option<Raw<'a>> {
    path.iter().try_fold(arguments, |value, key| value.get(key))
}

/// An argument as text, whatever its declared type; the upstream judges the type.
fn rendered(value: Raw<'_>) -> Option<Cow<'_, str>> {
    match value.kind() {
        Kind::String => value.string(),
        Kind::True | Kind::False => Some(Cow::Borrowed(value.text())),
        Kind::Number => match integer(value.text()) {
            Some(whole) => (-SAFE..=SAFE).contains(&whole).then(|| Cow::Owned(whole.to_string())),
            None => fits(value.text()).then_some(Cow::Borrowed(value.text())),
        },
        Kind::Object | Kind::Array | Kind::Null => None,
    }
}

fn compare(param: &ParamHeader, header: Option<&str>, argument: Option<Raw<'_>>) -> Result<(), &'static str> {
    let argument = argument.filter(|argument| argument.kind() != Kind::Null);
    let (header, argument) = match (header, argument) {
        (None, None) => return Ok(()),
        (Some(_), None) => return Err("has no argument to mirror"),
        // What cannot be mirrored needs no header.
        (None, Some(argument)) if rendered(argument).is_none() => return Ok(()),
        (None, Some(_)) => return Err("is missing"),
        (Some(header), Some(argument)) => (decode_value(header).map_err(|bad| bad.why)?, argument),
    };
    let numeric = param.kind == ParamKind::Integer && argument.kind() == Kind::Number;
    let same = match (integer(&header), integer(argument.text())) {
        (Some(mirrored), Some(sent)) if numeric => mirrored == sent,
        _ => rendered(argument).is_some_and(|sent| sent == header),
    };
    if same { Ok(()) } else { Err("differs from the argument") }
}

/// A JSON number's value if it is mathematically an integer of at most 18 digits: `42`, `42.0`, `4.2e1`.
fn integer(text: &str) -> Option<i64> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let digits: i64 = format!("{whole}{fraction}").parse().ok()?;
    let scale = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let value = match u32::try_from(scale) {
        _ if digits == 0 => 0,
        Ok(up) => digits.checked_mul(10i64.checked_pow(up)?)?,
        Err(_) => {
            let down = 10i64.checked_pow(scale.unsigned_abs())?;
            (digits % down == 0).then_some(digits / down)?
        }
    };
    Some(if negative { -value } else { value })
}

/// Whether a number that is no integer of 18 digits is a fraction, not an integer too large to be safe.
fn fits(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|value| value.abs() <= SAFE as f64)
}

#[cfg(test)]
mod tests;
