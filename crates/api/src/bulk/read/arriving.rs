//! The blocking end of a large body: what the parser's thread reads from, chunk by chunk as they
//! arrive. Checks bounds and hashes on the way.

use std::io::{self, BufReader, Read};

use bytes::{Buf, Bytes};
use http::Repeatable;
use tokio::sync::mpsc;

use super::bounds::{Bounds, OutOfBounds};

pub(super) struct Arriving {
    chunks: mpsc::Receiver<Bytes>,
    current: Bytes,
    bounds: Bounds,
    pub out_of_bounds: Option<OutOfBounds>,
    pub repeatable: Option<Repeatable>,
}

impl Arriving {
    pub(super) fn new(chunks: mpsc::Receiver<Bytes>, repeatable: Option<Repeatable>) -> Self {
        let (current, bounds) = (Bytes::new(), Bounds::default());
        Self { chunks, current, bounds, out_of_bounds: None, repeatable }
    }

    /// The parser reads byte by byte.
    pub(super) fn buffered(&mut self) -> BufReader<&mut Self> {
        BufReader::with_capacity(64 * 1_024, self)
    }
}

impl Read for Arriving {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            let Some(chunk) = self.chunks.blocking_recv() else { return Ok(0) };
            if let Err(out) = self.bounds.pass(&chunk) {
                self.out_of_bounds = Some(out);
                return Err(io::Error::other(out));
            }
            if let Some(repeatable) = &mut self.repeatable {
                repeatable.read(&chunk);
            }
            self.current = chunk;
        }
        let bytes = self.current.len().min(buffer.len());
        self.current.copy_to_slice(&mut buffer[..bytes]);
        Ok(bytes)
    }
}
