//! The writer and its flusher on a test table, with a log that fails on command.

mod broken_log;
mod flush;
mod length;
mod rig;
