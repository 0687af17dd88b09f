//! From bytes to text. Nothing is replaced by U+FFFD: a name that was read wrongly is noticed by nobody.
//!
//! A byte order mark counts more than a declared charset, as the Encoding Standard has it.

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

use super::FileError;
use super::position::count_line_ends;

pub(super) struct Charset {
    decoder: Decoder,
    /// Lines that have ended.
    lines: u64,
    after_cr: bool,
}

impl Charset {
    /// `declared`: from the content type. UTF-8 without one, and UTF-16 with a byte order mark.
    pub(super) fn new(declared: Option<&str>) -> Result<Self, FileError> {
        let encoding = match declared {
            None => UTF_8,
            Some(label) => Encoding::for_label_no_replacement(label.as_bytes())
                .ok_or(FileError::UnknownCharset)?,
        };
        Ok(Self { decoder: encoding.new_decoder(), lines: 0, after_cr: false })
    }

    /// Appends the text of the next bytes; `last`: none follow.
    pub(super) fn decode(
        &mut self,
        bytes: &[u8],
        last: bool,
        text: &mut String,
    ) -> Result<(), FileError> {
        let begun = text.len();
        let room = self.decoder.max_utf8_buffer_length_without_replacement(bytes.len());
        text.reserve(room.unwrap_or(bytes.len()));
        let (result, _) = self.decoder.decode_to_string_without_replacement(bytes, text, last);
        let new = text.as_bytes().get(begun..).unwrap_or_default();
        // A text in UTF-16 without its mark is full of them, and valid in UTF-8.
        let nul = new.iter().position(|byte| *byte == 0);
        let good = new.get(..nul.unwrap_or(new.len())).unwrap_or_default();
        self.lines += count_line_ends(good, &mut self.after_cr);
        if nul.is_some() || matches!(result, DecoderResult::Malformed(..)) {
            let charset = self.decoder.encoding().name();
            return Err(FileError::NotText { line: self.lines + 1, charset });
        }
        Ok(())
    }
}
