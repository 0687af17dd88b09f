//! The write-ahead log as a file, beside the connections that write it: flushed, and rewritten
//! after a failed flush.
//!
//! SQLite locks the database and its `-shm`, never the log (`UNIXFILE_NOLOCK` for all but main
//! databases), so closing this descriptor releases no lock. The file stays the one in use: SQLite
//! removes a log when the last connection closes, and the writer's connection outlives this
//! descriptor.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use domain::ports::PortError;
use rusqlite::Connection;

use crate::presence::Presence;

/// File header: magic, version, page size, checkpoints, salt, checksum. All big-endian.
const HEADER_BYTES: usize = 32;

/// Frame header: page number, the database's size, salt, checksum.
const FRAME_HEADER_BYTES: usize = 24;

/// The lowest bit is set if checksums are of big-endian words.
const MAGIC: u32 = 0x377f_0682;

/// Frames per write call.
const FRAMES_AT_ONCE: usize = 64;

pub(super) trait Log: Send + Sync {
    /// Returns when all earlier writes are on disk.
    fn flush(&self) -> io::Result<()>;

    /// Whether the database and its log are still the files under their names.
    fn check_presence(&self) -> Result<(), PortError>;

    /// Reads the first `frames` from memory, verifies their checksums, and writes them unchanged,
    /// so that the next flush writes them to disk again. Nothing else may write the log meanwhile.
    fn write_anew(&self, frames: usize) -> io::Result<()>;
}

pub(super) struct LogFile {
    file: File,
    presence: Presence,
}

impl LogFile {
    /// The log of a connection that has read or written before.
    /// `kept`: files without which the database cannot be opened again.
    pub(super) fn of(connection: &Connection, kept: &[PathBuf]) -> io::Result<Self> {
        // As SQLite names it: with links resolved.
        let path = connection.path().ok_or(io::ErrorKind::NotFound)?;
        let file = OpenOptions::new().read(true).write(true).open(format!("{path}-wal"))?;
        Ok(Self { file, presence: Presence::of(connection, kept)? })
    }
}

impl Log for LogFile {
    fn flush(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn check_presence(&self) -> Result<(), PortError> {
        self.presence.check()
    }

    fn write_anew(&self, frames: usize) -> io::Result<()> {
        if frames == 0 {
            return Ok(());
        }
        let mut header = [0; HEADER_BYTES];
        self.file.read_exact_at(&mut header, 0)?;
        let mut chain = Chain::of(&header).ok_or_else(torn)?;
        self.file.write_all_at(&header, 0)?;
        let mut buffer = vec![0; FRAMES_AT_ONCE * chain.frame_bytes];
        let (mut at, mut left) = (HEADER_BYTES as u64, frames);
        while left > 0 {
            let bytes = left.min(FRAMES_AT_ONCE) * chain.frame_bytes;
            let run = buffer.get_mut(..bytes).ok_or_else(torn)?;
            self.file.read_exact_at(run, at)?;
            if !run.chunks_exact(chain.frame_bytes).all(|frame| chain.continues_with(frame)) {
                return Err(torn());
            }
            self.file.write_all_at(run, at)?;
            at += bytes as u64;
            left = left.saturating_sub(FRAMES_AT_ONCE);
        }
        Ok(())
    }
}

fn torn() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "frames of the log are missing")
}

/// The checksums of a log: each covers everything before it.
struct Chain {
    frame_bytes: usize,
    big_endian: bool,
    salt: [u8; 8],
    sum: (u32, u32),
}

impl Chain {
    fn of(header: &[u8; HEADER_BYTES]) -> Option<Self> {
        let magic = word(header, 0)?;
        let page_bytes = usize::try_from(word(header, 8)?).ok()?;
        let salt = header.get(16..24)?.try_into().ok()?;
        let frame_bytes = FRAME_HEADER_BYTES + page_bytes;
        let mut chain = Self { frame_bytes, big_endian: magic & 1 == 1, salt, sum: (0, 0) };
        chain.add(header.get(..24)?);
        let is_whole = magic & !1 == MAGIC && page_bytes.is_power_of_two();
        (is_whole && chain.sum == (word(header, 24)?, word(header, 28)?)).then_some(chain)
    }

    fn continues_with(&mut self, frame: &[u8]) -> bool {
        let (Some(head), Some(page)) = (frame.get(..8), frame.get(FRAME_HEADER_BYTES..)) else {
            return false;
        };
        self.add(head);
        self.add(page);
        let said = word(frame, 16).zip(word(frame, 20));
        frame.get(8..16) == Some(&self.salt[..]) && said == Some(self.sum)
    }

    fn add(&mut self, bytes: &[u8]) {
        let (mut low, mut high) = self.sum;
        for pair in bytes.as_chunks::<4>().0.as_chunks::<2>().0 {
            let [first, second] = pair.map(|word| {
                if self.big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
            });
            low = low.wrapping_add(first).wrapping_add(high);
            high = high.wrapping_add(second).wrapping_add(low);
        }
        self.sum = (low, high);
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}
