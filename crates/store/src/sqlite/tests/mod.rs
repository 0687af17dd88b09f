//! The writer and its flusher on a table of their own, with a log that fails as told.

mod broken_log;
mod flush;
mod length;
mod rig;
