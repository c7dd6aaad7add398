//! Microsoft Purview, through Microsoft Graph.

use super::verdicts::Kept;
use super::wire::Wire;
use super::{About, Why};
use crate::platform::Platform;
use crate::tenant::Purview;

/// What is known of the protection scopes.
#[derive(Default)]
pub(super) struct Scopes;

/// What Purview says of `text`.
pub(super) async fn inspect<P: Platform>(
    _wire: &Wire<P>,
    _purview: &Purview,
    _about: &About<'_>,
    _text: &str,
) -> Result<Kept, Why> {
    Err(Why::Unavailable)
}
