//! Bounds on a JSON text, checked while it arrives: depth of nesting and length of a string. No parser
//! builds more than this.

/// The object, a list or object in it, and room for nesting in unknown fields.
const DEPTH_MAX: u32 = 16;

/// A text of 1,000 characters, each written as two escapes of six bytes, and some room.
const STRING_BYTES_MAX: u32 = 16 * 1_024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum OutOfBounds {
    #[error("the request body is nested too deep")]
    TooDeep,
    #[error("the request body has a string that is too long")]
    StringTooLong,
}

#[derive(Debug, Default)]
pub(super) struct Bounds {
    depth: u32,
    in_string: bool,
    escaped: bool,
    string_bytes: u32,
}

impl Bounds {
    /// Checks the next bytes.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Result<(), OutOfBounds> {
        for byte in bytes {
            if self.in_string {
                self.string_bytes += 1;
                if self.string_bytes > STRING_BYTES_MAX {
                    return Err(OutOfBounds::StringTooLong);
                }
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => (self.in_string, self.string_bytes) = (true, 0),
                b'{' | b'[' if self.depth == DEPTH_MAX => return Err(OutOfBounds::TooDeep),
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(text: &str) -> Result<(), OutOfBounds> {
        let mut whole = Bounds::default();
        let passed = whole.pass(text.as_bytes());
        let mut bytewise = Bounds::default();
        let one_by_one = text.as_bytes().chunks(1).try_for_each(|byte| bytewise.pass(byte));
        assert_eq!(passed, one_by_one, "it does not matter where a text is cut");
        passed
    }

    #[test]
    fn nesting_ends_at_sixteen() {
        let deep = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(passed(&deep(16).repeat(2)), Ok(()));
        assert_eq!(passed(&deep(17)), Err(OutOfBounds::TooDeep));
        assert_eq!(passed(r#"{"a":"[[[[[[[[[[[[[[[[[[[[[[","b\"[[[[[[[[[[[[[[[[":1}"#), Ok(()));
    }

    #[test]
    fn a_string_has_room_for_every_text_that_may_be_sent() {
        let text = |pairs: usize| format!("\"{}\"", r"\ud83d\ude00".repeat(pairs));
        assert_eq!(passed(&text(1_000).repeat(3)), Ok(()));
        assert_eq!(passed(&text(1_400)), Err(OutOfBounds::StringTooLong));
    }
}
