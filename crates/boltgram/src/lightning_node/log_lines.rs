//! The node's lines in our log, each with its own level.

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tracing::Level;

use crate::logging;

/// Longer lines are cut.
const LINE_BYTES_MAX: usize = 4_096;

/// Lines of a stream, whatever is in it.
#[derive(Debug)]
pub(super) struct Lines<R> {
    /// `None` after its end.
    from: Option<BufReader<R>>,
    /// The line that is being read, at most [`LINE_BYTES_MAX`] of it.
    begun: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(from: Option<R>) -> Self {
        Self { from: from.map(BufReader::new), begun: Vec::new() }
    }

    pub(super) const fn has_ended(&self) -> bool {
        self.from.is_none()
    }

    /// The next line without its end; `None` after the last. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<String> {
        loop {
            let from = self.from.as_mut()?;
            let Ok(bytes @ [_, ..]) = from.fill_buf().await else {
                self.from = None;
                return (!self.begun.is_empty()).then(|| self.take());
            };
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let line = &bytes[..end.unwrap_or(bytes.len())];
            let room = LINE_BYTES_MAX.saturating_sub(self.begun.len());
            self.begun.extend_from_slice(&line[..line.len().min(room)]);
            let read = end.map_or(bytes.len(), |end| end + 1);
            from.consume(read);
            if end.is_some() {
                return Some(self.take());
            }
        }
    }

    fn take(&mut self) -> String {
        let line = std::mem::take(&mut self.begun);
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }
}

/// Logs a line with its level; one without a level, such as that of a panic, is a warning. What libraries say at `debug` and
/// `trace` is dropped, as everywhere ([`logging`]).
pub(super) fn log(line: &str) {
    let (level, text) = split(line);
    let target = text.split_once(": ").map_or("", |(target, _)| target);
    if text.is_empty() || !logging::is_shown(target, level) {
        return;
    }
    let own = text.strip_prefix("boltgram_node").and_then(|rest| rest.split_once(": "));
    let text = own.filter(|(path, _)| !path.contains(' ')).map_or(text, |(_, text)| text);
    match level {
        Level::ERROR => tracing::error!(target: "boltgram_node", "{text}"),
        Level::WARN => tracing::warn!(target: "boltgram_node", "{text}"),
        Level::INFO => tracing::info!(target: "boltgram_node", "{text}"),
        Level::DEBUG => tracing::debug!(target: "boltgram_node", "{text}"),
        Level::TRACE => tracing::trace!(target: "boltgram_node", "{text}"),
    }
}

/// `TIME LEVEL text` or `LEVEL text`.
fn split(line: &str) -> (Level, &str) {
    let line = line.trim();
    let mut rest = line;
    for _ in 0..2 {
        let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
        let level = match word {
            "ERROR" => Level::ERROR,
            "WARN" => Level::WARN,
            "INFO" => Level::INFO,
            "DEBUG" => Level::DEBUG,
            "TRACE" => Level::TRACE,
            _ => {
                rest = after.trim_start();
                continue;
            }
        };
        return (level, after.trim_start());
    }
    (Level::WARN, line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_have_an_end_and_a_limit() {
        let long = "x".repeat(10_000);
        let text = format!("one\r\n\n{long}\ncaf\u{e9}");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(b"\xff");
        let mut lines = Lines::new(Some(&bytes[..]));
        let mut read = Vec::new();
        while let Some(line) = lines.next().await {
            read.push(line);
        }
        assert!(lines.has_ended());
        assert_eq!(read, ["one", "", &long[..LINE_BYTES_MAX], "caf\u{e9}\u{fffd}"]);
    }

    #[test]
    fn a_line_keeps_its_level() {
        for (line, level, text) in [
            (
                "2026-11-30T12:00:00.123456Z  INFO boltgram_node::rest: open",
                Level::INFO,
                "boltgram_node::rest: open",
            ),
            ("ERROR no chain", Level::ERROR, "no chain"),
            ("WARN", Level::WARN, ""),
            (
                "thread 'main' panicked at src/main.rs",
                Level::WARN,
                "thread 'main' panicked at src/main.rs",
            ),
            ("an unlikely ERROR in the text", Level::WARN, "an unlikely ERROR in the text"),
            ("", Level::WARN, ""),
        ] {
            assert_eq!(split(line), (level, text), "{line}");
        }
    }
}
