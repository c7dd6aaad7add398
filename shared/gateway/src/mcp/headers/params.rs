//! `x-mcp-header` annotations: tool arguments mirrored in `Mcp-Param-*` headers (2026-07-28, transports).

use super::{BadHeader, Headers};
use crate::mcp::era::HeaderMismatch;
use crate::mcp::json::Raw;

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
/// The first annotation that breaks a rule.
pub fn param_headers(input_schema: Raw<'_>) -> Result<Vec<ParamHeader>, SchemaViolation> {
    let _ = input_schema;
    todo!("lands with the rules")
}

/// The headers (`Mcp-Param-X`, encoded value) that mirror `arguments`; none for absent and null ones.
///
/// # Errors
/// [`BadHeader`] when an argument has another type than declared.
pub fn param_values(
    headers: &[ParamHeader],
    arguments: Option<Raw<'_>>,
) -> Result<Vec<(String, String)>, BadHeader> {
    let _ = (headers, arguments);
    todo!("lands with the rules")
}

/// Checks a call's `Mcp-Param-*` headers against its arguments.
///
/// # Errors
/// The first header that is missing, wrong, superfluous or badly encoded.
pub fn check_params(
    headers: &Headers,
    params: &[ParamHeader],
    arguments: Option<Raw<'_>>,
) -> Result<(), HeaderMismatch> {
    let _ = (headers, params, arguments);
    todo!("lands with the rules")
}
