//! Renders the canonical receipt of a server (SMPP 3.4 appendix B): text and optional parameters.

use std::io::Write;

use super::{MessageState, NetworkError};
use crate::pdu::{EncodeError, TlvBuf, tag};

/// A receipt to render.
#[derive(Debug, Clone, Copy)]
pub struct NewReceipt<'a> {
    /// The id returned in `submit_sm_resp`.
    pub message_id: &'a [u8],
    /// State of the message.
    pub state: MessageState,
    /// Usually three characters; `000` for no error.
    pub err: &'a str,
    /// `YYMMDDhhmm`, UTC: see [`date`].
    pub submit_date: [u8; 10],
    /// `YYMMDDhhmm`, UTC.
    pub done_date: [u8; 10],
    /// The network's error; an optional parameter if set.
    pub network_error: Option<NetworkError>,
    /// The message's text; its first 20 octets are written.
    pub text: &'a [u8],
}

impl NewReceipt<'_> {
    /// Appends the text for `short_message`.
    pub fn render(&self, out: &mut Vec<u8>) {
        let delivered = u8::from(self.state == MessageState::Delivered);
        out.extend_from_slice(b"id:");
        out.extend_from_slice(self.message_id);
        // Writing to a Vec cannot fail.
        let _ = write!(out, " sub:001 dlvrd:00{delivered} submit date:");
        out.extend_from_slice(&self.submit_date);
        out.extend_from_slice(b" done date:");
        out.extend_from_slice(&self.done_date);
        let _ = write!(out, " stat:{} err:{} text:", self.state.word(), self.err);
        out.extend_from_slice(self.text.get(..20).unwrap_or(self.text));
    }

    /// Adds `receipted_message_id`, `message_state` and, if set, `network_error_code`.
    ///
    /// # Errors
    /// [`EncodeError`] for an id that contains a NUL.
    pub fn tlvs(&self, tlvs: &mut TlvBuf) -> Result<(), EncodeError> {
        tlvs.push_c_string(tag::RECEIPTED_MESSAGE_ID, self.message_id)?;
        tlvs.push_u8(tag::MESSAGE_STATE, self.state.number());
        if let Some(NetworkError { network, code }) = self.network_error {
            let [high, low] = code.to_be_bytes();
            tlvs.push(tag::NETWORK_ERROR_CODE, &[network, high, low])?;
        }
        Ok(())
    }
}

/// Formats Unix seconds as `YYMMDDhhmm` in UTC; all zeros outside 2000–2099.
#[must_use]
pub fn date(unix_s: i64) -> [u8; 10] {
    let at = crate::time::AbsoluteTime::from_unix(unix_s);
    let Some(at) = at else { return [b'0'; 10] };
    let [date @ .., _, _, _, _, _, _] = crate::time::SmppTime::Absolute(at).render();
    date
}
