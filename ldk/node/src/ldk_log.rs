//! LDK's log lines in ours.

use ldk_node::logger::{LogLevel, LogRecord, LogWriter};

#[derive(Debug)]
pub(crate) struct LdkLog;

impl LogWriter for LdkLog {
    fn log(&self, record: LogRecord<'_>) {
        let (module, text) = (record.module_path, record.args);
        match record.level {
            LogLevel::Error => tracing::error!(target: "ldk", module, "{text}"),
            LogLevel::Warn => tracing::warn!(target: "ldk", module, "{text}"),
            LogLevel::Info => tracing::info!(target: "ldk", module, "{text}"),
            LogLevel::Debug => tracing::debug!(target: "ldk", module, "{text}"),
            LogLevel::Trace | LogLevel::Gossip => tracing::trace!(target: "ldk", module, "{text}"),
        }
    }
}
