//! Any PDU in one enum, for tools and tests. Sessions decode the one kind that they expect instead.

use bytes::BytesMut;

use super::{
    AlertNotification, BindReceiver, BindReceiverResp, BindTransceiver, BindTransceiverResp,
    BindTransmitter, BindTransmitterResp, BroadcastSm, BroadcastSmResp, CancelBroadcastSm,
    CancelBroadcastSmResp, CancelSm, CancelSmResp, DataSm, DataSmResp, DeliverSm, DeliverSmResp,
    EnquireLink, EnquireLinkResp, GenericNack, Outbind, QueryBroadcastSm, QueryBroadcastSmResp,
    QuerySm, QuerySmResp, ReplaceSm, ReplaceSmResp, SubmitMulti, SubmitMultiResp, SubmitSm,
    SubmitSmResp, Unbind, UnbindResp,
};
use super::{Body, DecodeError, EncodeError, encode, encode_bare};
use crate::{CommandId, CommandStatus};

macro_rules! any {
    ($($kind:ident)*; $($bare:ident)*) => {
        /// A decoded PDU of any kind.
        #[allow(missing_docs)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Pdu<'a> {
            $($kind($kind<'a>),)*
            $($bare,)*
            /// An operation that neither 3.4 nor 5.0 defines, its body verbatim.
            Other { id: CommandId, body: &'a [u8] },
        }

        impl<'a> Pdu<'a> {
            /// Decodes a body by its command id.
            ///
            /// # Errors
            /// [`DecodeError`] if the body is malformed. An unknown id is [`Pdu::Other`].
            pub fn decode(id: CommandId, body: &'a [u8]) -> Result<Self, DecodeError> {
                Ok(match id {
                    $($kind::ID => Self::$kind($kind::decode_body(body)?),)*
                    $($bare::ID => Self::$bare,)*
                    _ => Self::Other { id, body },
                })
            }

            /// The operation.
            #[must_use]
            pub const fn id(&self) -> CommandId {
                match self {
                    $(Self::$kind(_) => $kind::ID,)*
                    $(Self::$bare => $bare::ID,)*
                    Self::Other { id, .. } => *id,
                }
            }

            /// Appends the whole PDU.
            ///
            /// # Errors
            /// [`EncodeError`]; `out` is then unchanged.
            pub fn encode(
                &self,
                out: &mut BytesMut,
                status: CommandStatus,
                sequence: u32,
            ) -> Result<(), EncodeError> {
                match self {
                    $(Self::$kind(body) => encode(out, status, sequence, body),)*
                    $(Self::$bare => encode(out, status, sequence, &$bare),)*
                    Self::Other { id, body } => {
                        let start = out.len();
                        encode_bare(out, *id, status, sequence);
                        out.extend_from_slice(body);
                        let length = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
                        if let Some(place) = out.get_mut(start..start + 4) {
                            place.copy_from_slice(&length.to_be_bytes());
                        }
                        Ok(())
                    }
                }
            }
        }
    };
}

any! {
    BindReceiver BindReceiverResp BindTransmitter BindTransmitterResp BindTransceiver
    BindTransceiverResp Outbind SubmitSm SubmitSmResp SubmitMulti
    SubmitMultiResp DeliverSm DeliverSmResp DataSm DataSmResp
    QuerySm QuerySmResp CancelSm ReplaceSm AlertNotification
    BroadcastSm BroadcastSmResp QueryBroadcastSm QueryBroadcastSmResp CancelBroadcastSm;
    Unbind UnbindResp EnquireLink EnquireLinkResp GenericNack CancelSmResp ReplaceSmResp CancelBroadcastSmResp
}
