//! The predicted answer, and how sure it is.
