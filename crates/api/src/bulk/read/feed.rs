//! A large body on its way to the thread that parses it.

use std::io::{self, BufReader, Read};

use axum::body::Body;
use bytes::{Buf, Bytes};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::super::idempotency::Repeatable;
use super::super::refused::Refused;
use super::super::wrong::store_failed;
use super::asked::{Asked, parse_arriving};
use super::bounds::{Bounds, OutOfBounds};
use super::collect::next;
use crate::refusal::{too_large, too_slow};
use crate::settings::Door;

/// Chunks that wait for the parser: it is faster than any line, so they seldom do.
const CHUNKS_MAX: usize = 4;

/// Reads a body that began with `first`. Something of it must come within every read time-out, and
/// all of it in time.
pub(super) async fn feed(
    door: &Door,
    first: Bytes,
    body: Body,
    repeatable: Option<Repeatable>,
    begun_at: Instant,
) -> Result<Asked, Refused> {
    let (chunks, arriving) = mpsc::channel(CHUNKS_MAX);
    let home = door.settings.home;
    let parsing = door.engine.run_blocking(move || {
        let mut arriving = Arriving {
            chunks: arriving,
            now: Bytes::new(),
            bounds: Bounds::default(),
            out_of_bounds: None,
            repeatable,
        };
        parse_arriving(&mut arriving, home)
    });
    let (read, parsed) = tokio::join!(pump(door, first, body, chunks, begun_at), parsing);
    // What was wrong in the part that came says more than how its reading ended.
    match (read, parsed.map_err(|error| store_failed(&error))?) {
        (Ok(Ended::ByParser), parsed) => parsed.map_err(Refused::unread),
        (Ok(Ended::Whole), parsed) => parsed,
        (Err(refused), _) => Err(refused),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Whole,
    /// It wants no more.
    ByParser,
}

/// Hands chunks over as they come, and waits when the parser does not keep up.
async fn pump(
    door: &Door,
    first: Bytes,
    mut body: Body,
    chunks: mpsc::Sender<Bytes>,
    begun_at: Instant,
) -> Result<Ended, Refused> {
    let settings = &door.settings;
    let bytes_max = settings.bulk_body_bytes_max;
    let mut bytes = 0;
    let mut chunk = Some(first);
    while let Some(data) = chunk {
        bytes += data.len();
        if bytes > bytes_max {
            return Err(Refused::from(too_large(bytes_max)));
        }
        if chunks.send(data).await.is_err() {
            return Ok(Ended::ByParser);
        }
        let idle = (Instant::now() + settings.read_timeout, settings.read_timeout);
        let whole = (begun_at + settings.bulk_read_timeout, settings.bulk_read_timeout);
        let (end, within) = idle.min(whole);
        chunk = tokio::select! {
            read = timeout_at(end, next(&mut body)) => {
                read.map_err(|_| Refused::from(too_slow(within)))??
            }
            () = chunks.closed() => return Ok(Ended::ByParser),
        };
    }
    Ok(Ended::Whole)
}

/// The body as the parser reads it.
pub(super) struct Arriving {
    chunks: mpsc::Receiver<Bytes>,
    now: Bytes,
    bounds: Bounds,
    pub out_of_bounds: Option<OutOfBounds>,
    pub repeatable: Option<Repeatable>,
}

impl Arriving {
    /// For the parser, which asks for single bytes.
    pub(super) fn buffered(&mut self) -> BufReader<&mut Self> {
        BufReader::with_capacity(64 * 1_024, self)
    }
}

impl Read for Arriving {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.now.is_empty() {
            let Some(chunk) = self.chunks.blocking_recv() else { return Ok(0) };
            if let Err(out) = self.bounds.pass(&chunk) {
                self.out_of_bounds = Some(out);
                return Err(io::Error::other(out));
            }
            if let Some(repeatable) = &mut self.repeatable {
                repeatable.read(&chunk);
            }
            self.now = chunk;
        }
        let bytes = self.now.len().min(buffer.len());
        self.now.copy_to_slice(&mut buffer[..bytes]);
        Ok(bytes)
    }
}
