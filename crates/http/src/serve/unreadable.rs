//! Answers to requests that cannot be read, in the form of the door that the path belongs to.
//!
//! hyper answers such a request by itself, with an empty body, or not at all when its head does not come in
//! time. It lets nothing else be said, so the stream replaces what it writes ([`super::stream`]). For that
//! it must be known whether a head is being read, and what of it arrived: [`Head`].

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::body::to_bytes;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;

use super::HEAD_BYTES_MAX;
use crate::doors::Doors;
use crate::envelope::Refusal;

/// As much of a request line as its path is looked for in.
const LINE_BYTES_MAX: usize = 2 * 1_024;

/// A head that is too long is so because of its request line, if that one alone is longer. hyper ends the
/// reading some bytes earlier or later than the limit says.
const LONG_LINE_BYTES: usize = HEAD_BYTES_MAX / 2;

/// An answer's body is far shorter.
const BODY_BYTES_MAX: usize = 64 * 1_024;

/// Why a request was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    NotHttp,
    TooLarge,
    TooSlow(Duration),
}

/// The head that a connection reads, shared by its stream and its service.
#[derive(Debug, Clone, Default)]
pub(super) struct Head(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// A request is being served: what arrives is its body, or comes too early.
    serving: bool,
    /// Requests whose head was read.
    requests: u64,
    /// The beginning of the request line.
    line: Vec<u8>,
    line_bytes: usize,
    line_ended: bool,
    /// Path of the request before.
    last_path: String,
}

impl Head {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These bytes have arrived.
    pub(super) fn arrived(&self, bytes: &[u8]) {
        let mut state = self.lock();
        if state.serving || state.line_ended {
            return;
        }
        // Empty lines before a request are no part of it.
        let skipped = if state.line.is_empty() {
            bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
        } else {
            0
        };
        let bytes = bytes.get(skipped..).unwrap_or_default();
        let line_end = bytes.iter().position(|byte| *byte == b'\n');
        state.line_ended = line_end.is_some();
        let room = LINE_BYTES_MAX.saturating_sub(state.line.len());
        let line = bytes.get(..line_end.unwrap_or(bytes.len())).unwrap_or_default();
        state.line_bytes += line.len();
        state.line.extend_from_slice(line.get(..room.min(line.len())).unwrap_or_default());
    }

    /// The head of a request was read.
    pub(super) fn begin(&self, path: &str) {
        let mut state = self.lock();
        path.clone_into(&mut state.last_path);
        state.serving = true;
        state.requests += 1;
        state.line.clear();
        (state.line_bytes, state.line_ended) = (0, false);
    }

    /// The request was answered.
    pub(super) fn end(&self) {
        self.lock().serving = false;
    }

    /// The number of the head that is being read; `None` while a request is served.
    pub(super) fn reading(&self) -> Option<u64> {
        let state = self.lock();
        (!state.serving).then_some(state.requests)
    }

    /// Whether something of a head has arrived.
    pub(super) fn has_begun(&self) -> bool {
        !self.lock().line.is_empty()
    }

    /// The bytes of the answer.
    pub(super) fn refuse(&self, why: Unreadable, doors: &Doors) -> Vec<u8> {
        let (path, line_bytes) = {
            let state = self.lock();
            (path_of(&state.line).unwrap_or(&state.last_path).to_owned(), state.line_bytes)
        };
        encode(doors.refuse(&path, &refusal(why, line_bytes)))
    }
}

fn refusal(why: Unreadable, line_bytes: usize) -> Refusal {
    match why {
        Unreadable::NotHttp => {
            Refusal::new(StatusCode::BAD_REQUEST, "the request is not valid HTTP/1.1")
        }
        Unreadable::TooLarge if line_bytes <= LONG_LINE_BYTES => Refusal::new(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            format!("the headers are longer than {HEAD_BYTES_MAX} bytes"),
        ),
        Unreadable::TooLarge => Refusal::new(
            StatusCode::URI_TOO_LONG,
            format!("the request line is longer than {HEAD_BYTES_MAX} bytes"),
        ),
        Unreadable::TooSlow(within) => Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            format!("the head of the request did not arrive within {} s", within.as_secs()),
        ),
    }
    .unread()
}

/// `/path` of `GET /path?query HTTP/1.1`, as far as it has arrived.
fn path_of(line: &[u8]) -> Option<&str> {
    let line = match std::str::from_utf8(line) {
        Ok(line) => line,
        Err(error) => std::str::from_utf8(line.get(..error.valid_up_to())?).ok()?,
    };
    let target = line.split(' ').nth(1)?;
    let target = match target.split_once("://") {
        Some((_, rest)) => rest.get(rest.find('/')?..)?,
        None => target,
    };
    target.split(['?', '#']).next().filter(|path| path.starts_with('/'))
}

fn encode(response: Response) -> Vec<u8> {
    let (parts, body) = response.into_parts();
    // It is in memory.
    let body =
        match pin!(to_bytes(body, BODY_BYTES_MAX)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(body)) => body,
            Poll::Ready(Err(_)) | Poll::Pending => Bytes::new(),
        };
    let status = parts.status;
    let reason = status.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    for (name, value) in &parts.headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

/// Where an answer of hyper's own begins in what it writes, and what it says. It is the last thing that
/// hyper writes on a connection, and has no body.
pub(super) fn own_answer(written: &[u8]) -> Option<(usize, Unreadable)> {
    const BYTES_MAX: usize = 256;
    let from = written.len().saturating_sub(BYTES_MAX);
    let last = written.get(from..)?;
    if !last.ends_with(b"\r\n\r\n") {
        return None;
    }
    let begins = |at: &usize| last.get(*at..).is_some_and(|rest| rest.starts_with(b"HTTP/1."));
    let at = (0..last.len()).rev().find(begins)?;
    let head = std::str::from_utf8(last.get(at..)?).ok()?;
    let has = |line: &str| head.lines().any(|one| one.eq_ignore_ascii_case(line));
    if !has("content-length: 0") || !has("connection: close") {
        return None;
    }
    match head.split(' ').nth(1)? {
        "400" => Some((from + at, Unreadable::NotHttp)),
        "414" | "431" => Some((from + at, Unreadable::TooLarge)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_read_as_far_as_it_came() {
        for (line, path) in [
            ("GET /api/v2/sms?x=1 HTTP/1.1", Some("/api/v2/sms")),
            ("GET http://host:1/api/v2/sms HTTP/1.1", Some("/api/v2/sms")),
            ("POST /api/v2/s", Some("/api/v2/s")),
            ("GET", None),
            ("GET ", None),
            ("\u{16}\u{3}\u{1}", None),
            ("GET http://host HTTP/1.1", None),
            ("OPTIONS * HTTP/1.1", None),
        ] {
            let head = Head::default();
            line.as_bytes().iter().for_each(|byte| head.arrived(&[*byte]));
            assert_eq!(path_of(&head.lock().line), path, "{line:?}");
        }
    }

    #[test]
    fn a_head_is_known_from_the_body_before_it() {
        let head = Head::default();
        assert!(!head.has_begun());
        head.arrived(b"\r\nPOST /a HTTP/1.1\r\nX: y\r\n\r\nbody");
        assert!(head.has_begun() && head.lock().line_ended);
        head.begin("/a");
        head.arrived(b"more of the body");
        assert_eq!((head.reading(), head.has_begun()), (None, false));
        head.end();
        head.arrived(b"GET /b");
        assert_eq!((head.reading(), head.has_begun()), (Some(1), true));
        assert!(!head.lock().line_ended);
    }

    #[test]
    fn only_what_hyper_says_by_itself_is_replaced() {
        let own = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\
                    content-length: 0\r\ndate: Mon, 30 Nov 2026 12:00:00 GMT\r\n\r\n";
        assert_eq!(own_answer(own), Some((0, Unreadable::TooLarge)));
        let after = [b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK".as_slice(), own].concat();
        assert_eq!(own_answer(&after), Some((after.len() - own.len(), Unreadable::TooLarge)));
        for other in [
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}",
            "",
        ] {
            assert_eq!(own_answer(other.as_bytes()), None, "{other:?}");
        }
    }
}
