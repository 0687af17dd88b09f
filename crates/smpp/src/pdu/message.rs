//! PDUs that carry a message: submit_sm, submit_multi, deliver_sm, data_sm, replace_sm, and their responses.
//! The text is octets here; alphabets and user data headers are the caller's.

/// The fields that every message has; what differs is to whom it goes.
macro_rules! messages {
    ($(
        $(#[$doc:meta])*
        $name:ident = $id:ident {
            $(#[$to_doc:meta])*
            $to:ident: $($kind:tt)+
        }
    )*) => {
        $(
            pdu! {
                $(#[$doc])*
                $name = $id {
                    /// Empty for the default; at most 5 octets.
                    service_type: c_string 6,
                    /// Sender; at most 20 octets.
                    source: address 21,
                    $(#[$to_doc])*
                    $to: $($kind)+,
                    /// Mode, type (message or receipt) and user data header flag.
                    esm_class: esm_class,
                    /// Protocol identifier, passed to the handset.
                    protocol_id: byte,
                    /// 0 (bulk) to 3 (very urgent).
                    priority_flag: byte,
                    /// When to send, see [`crate::time`]; empty for now.
                    schedule_delivery_time: c_string 17,
                    /// How long to try, see [`crate::time`]; empty for the SMSC's default.
                    validity_period: c_string 17,
                    /// Which receipts, or acknowledgements, are wanted.
                    registered_delivery: registered_delivery,
                    /// 1 replaces an earlier message of the same kind.
                    replace_if_present_flag: byte,
                    /// Alphabet of the message.
                    data_coding: data_coding,
                    /// A canned message of the SMSC; 0 for none.
                    sm_default_msg_id: byte,
                    /// At most 254 octets (255 in 5.0); empty when `message_payload` carries the message.
                    short_message: counted,
                    /// Optional parameters.
                    tlvs: tlvs,
                }
            }
        )*
    };
}

messages! {
    /// `submit_sm` (SMPP 3.4 §4.4.1): an ESME sends a message.
    SubmitSm = SUBMIT_SM {
        /// Recipient; at most 20 octets.
        destination: address 21
    }
    /// `submit_multi` (SMPP 3.4 §4.5.1): to many, with no replacing.
    SubmitMulti = SUBMIT_MULTI {
        /// Up to 254 (255 in 5.0) recipients or lists.
        destinations: destinations
    }
    /// `deliver_sm` (SMPP 3.4 §4.6.1): an SMSC delivers a message or a receipt. The times, the canned message and the
    /// flag to replace are unused: empty and 0.
    DeliverSm = DELIVER_SM {
        /// Recipient; at most 20 octets.
        destination: address 21
    }
}

pdu! {
    /// `submit_sm_resp` (SMPP 3.4 §4.4.2). A refusal may lack the body.
    SubmitSmResp = SUBMIT_SM_RESP {
        /// The SMSC's id, opaque; at most 64 octets are written, longer ones are read.
        message_id: c_string 65,
        /// Optional parameters (5.0).
        tlvs: tlvs,
    }
}

pdu! {
    /// `deliver_sm_resp` (SMPP 3.4 §4.6.2).
    DeliverSmResp = DELIVER_SM_RESP {
        /// Unused in 3.4, empty.
        message_id: c_string 65,
        /// Optional parameters (5.0).
        tlvs: tlvs,
    }
}

pdu! {
    /// `data_sm` (SMPP 3.4 §4.7.1): a message in `message_payload`, either way.
    DataSm = DATA_SM {
        /// Empty for the default; at most 5 octets.
        service_type: c_string 6,
        /// Sender; at most 64 octets.
        source: address 65,
        /// Recipient; at most 64 octets.
        destination: address 65,
        /// Mode, type and user data header flag.
        esm_class: esm_class,
        /// Which receipts are wanted.
        registered_delivery: registered_delivery,
        /// Alphabet of the message.
        data_coding: data_coding,
        /// Optional parameters, the message among them.
        tlvs: tlvs,
    }
}

pdu! {
    /// `data_sm_resp` (SMPP 3.4 §4.7.2).
    DataSmResp = DATA_SM_RESP {
        /// The SMSC's id, opaque.
        message_id: c_string 65,
        /// Optional parameters.
        tlvs: tlvs,
    }
}

pdu! {
    /// `replace_sm` (SMPP 3.4 §4.10.1): another text for a message not yet delivered.
    ReplaceSm = REPLACE_SM {
        /// Which message.
        message_id: c_string 65,
        /// The sender it was sent with.
        source: address 21,
        /// See [`crate::time`]; empty to keep.
        schedule_delivery_time: c_string 17,
        /// See [`crate::time`]; empty to keep.
        validity_period: c_string 17,
        /// Which receipts are wanted.
        registered_delivery: registered_delivery,
        /// A canned message of the SMSC; 0 for none.
        sm_default_msg_id: byte,
        /// The new text.
        short_message: counted,
        /// Optional parameters (5.0).
        tlvs: tlvs,
    }
}

bare! {
    /// `replace_sm_resp` (SMPP 3.4 §4.10.2).
    ReplaceSmResp = REPLACE_SM_RESP;
}
