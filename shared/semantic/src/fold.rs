//! Texts that differ in form only.
