//! Each service as data.
