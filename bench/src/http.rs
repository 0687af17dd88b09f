//! The part of HTTP/1.1 that the loader and the sink need: end of the head, length of the body, whether the connection
//! stays open. Chunked bodies are an error.

use memchr::{memchr, memmem};

/// Longest accepted head.
const HEAD_OCTETS_MAX: usize = 16 * 1024;

/// One request or response at the start of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    /// `GET /path HTTP/1.1` or `HTTP/1.1 200 OK`.
    pub first_line: &'a [u8],
    /// The whole body.
    pub body: &'a [u8],
    /// Length of head and body in octets.
    pub octets: usize,
    /// Whether the sender closes the connection after it.
    pub close: bool,
}

/// The stream cannot be parsed any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable(pub &'static str);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "unsupported HTTP: {}", self.0)
    }
}

impl std::error::Error for Unreadable {}

impl<'a> Message<'a> {
    /// The message at the start of `input`; `None` while it is incomplete.
    pub(crate) fn read(input: &'a [u8]) -> Result<Option<Self>, Unreadable> {
        let Some(head_end) = memmem::find(input, b"\r\n\r\n") else {
            return if input.len() > HEAD_OCTETS_MAX {
                Err(Unreadable("a head without an end"))
            } else {
                Ok(None)
            };
        };
        let mut lines = input[..head_end].split(|&octet| octet == b'\n').map(<[u8]>::trim_ascii);
        let first_line = lines.next().unwrap_or_default();
        let (mut length, mut close) = (0, first_line.ends_with(b"HTTP/1.0"));
        for line in lines {
            let Some(colon) = memchr(b':', line) else { continue };
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            if name.eq_ignore_ascii_case(b"content-length") {
                length = number(value).ok_or(Unreadable("a length that is not a number"))?;
            } else if name.eq_ignore_ascii_case(b"connection") {
                close = value.eq_ignore_ascii_case(b"close");
            } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
                return Err(Unreadable("a chunked body"));
            }
        }
        let start = head_end + 4;
        let octets = start.saturating_add(length);
        Ok(input.get(start..octets).map(|body| Self { first_line, body, octets, close }))
    }

    /// The status of a response.
    pub(crate) fn status(&self) -> u16 {
        let digits = self.first_line.get(9..12).unwrap_or_default();
        number(digits).and_then(|status| u16::try_from(status).ok()).unwrap_or(0)
    }

    /// The path of a request, query included.
    pub(crate) fn path(&self) -> &'a [u8] {
        self.first_line.split(|&octet| octet == b' ').nth(1).unwrap_or_default()
    }
}

/// Parses all of `digits` as a decimal number.
pub(crate) fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Message, Unreadable};

    #[test]
    fn a_message_is_taken_when_all_of_it_is_there() {
        let input =
            b"POST /b/7 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhiGET / HTTP/1.0\r\n\r\n";
        for end in 0..52 {
            assert_eq!(Message::read(&input[..end]).unwrap(), None, "{end}");
        }
        let first = Message::read(input).unwrap().unwrap();
        assert_eq!((first.path(), first.body, first.close), (&b"/b/7"[..], &b"hi"[..], false));
        let second = Message::read(&input[first.octets..]).unwrap().unwrap();
        assert_eq!((second.path(), second.close), (&b"/"[..], true));
    }

    #[test]
    fn a_status_is_read() {
        let message =
            Message::read(b"HTTP/1.1 202 Accepted\r\nconnection: close\r\n\r\n").unwrap().unwrap();
        assert_eq!((message.status(), message.close), (202, true));
    }

    #[test]
    fn what_we_do_not_speak_is_an_error_and_no_hang() {
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(Message::read(chunked), Err(Unreadable("a chunked body")));
        assert!(Message::read(&[b'x'; 20_000]).is_err());
    }
}
