//! How often predictions were right, and what may be served.
