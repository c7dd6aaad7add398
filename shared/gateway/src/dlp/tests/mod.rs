//! Inspection against scripted services in memory.
