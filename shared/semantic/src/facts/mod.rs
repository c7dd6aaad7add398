//! Hard facts of a text.
