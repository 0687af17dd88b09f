//! PDUs that carry a message: submit_sm, submit_multi, deliver_sm, data_sm, replace_sm, and their responses.
//! The text is octets here; the caller handles alphabets and user data headers.

/// The fields shared by all message PDUs, which differ in their destinations.
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
                    /// Protocol identifier, passed on to the handset.
                    protocol_id: byte,
                    /// 0 (bulk) to 3 (very urgent).
                    priority_flag: byte,
                    /// When to send, see [`crate::time`]; empty for immediately.
                    schedule_delivery_time: c_string 17,
                    /// How long to attempt delivery, see [`crate::time`]; empty for the SMSC's default.
                    validity_period: c_string 17,
                    /// Which receipts or acknowledgements are requested.
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
    /// `submit_multi` (SMPP 3.4 §4.5.1): several destinations; replacing is not supported.
    SubmitMulti = SUBMIT_MULTI {
        /// Up to 254 (255 in 5.0) recipients or lists.
        destinations: destinations
    }
    /// `deliver_sm` (SMPP 3.4 §4.6.1): an SMSC delivers a message or a receipt. The times, the canned message and the
    /// replace flag are unused: empty and 0.
    DeliverSm = DELIVER_SM {
        /// Recipient; at most 20 octets.
        destination: address 21
    }
}

pdu! {
    /// `submit_sm_resp` (SMPP 3.4 §4.4.2). A refusal may have no body.
    SubmitSmResp = SUBMIT_SM_RESP {
        /// The SMSC's id, opaque; up to 64 octets when encoding, any length when decoding.
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
    /// `data_sm` (SMPP 3.4 §4.7.1): a message in `message_payload`, in either direction.
    DataSm = DATA_SM {
        /// Empty for the default; at most 5 octets.
        service_type: c_string 6,
        /// Sender; at most 64 octets.
        source: address 65,
        /// Recipient; at most 64 octets.
        destination: address 65,
        /// Mode, type and user data header flag.
        esm_class: esm_class,
        /// Which receipts are requested.
        registered_delivery: registered_delivery,
        /// Alphabet of the message.
        data_coding: data_coding,
        /// Optional parameters, including the message.
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
    /// `replace_sm` (SMPP 3.4 §4.10.1): a new text for a message not yet delivered.
    ReplaceSm = REPLACE_SM {
        /// Id of the message.
        message_id: c_string 65,
        /// Source address of the message.
        source: address 21,
        /// See [`crate::time`]; empty keeps the old value.
        schedule_delivery_time: c_string 17,
        /// See [`crate::time`]; empty keeps the old value.
        validity_period: c_string 17,
        /// Which receipts are requested.
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
