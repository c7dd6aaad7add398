//! The Postern MCP gateway: the pipeline, without I/O.
