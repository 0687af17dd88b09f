//! Cell broadcast: broadcast_sm, query_broadcast_sm, cancel_broadcast_sm (SMPP 5.0 §4.4–4.6 of the operations chapter).
//! Areas, frequency and repetition travel as optional parameters and stay as they come.

pdu! {
    /// `broadcast_sm` (SMPP 5.0 §4.4.1).
    BroadcastSm = BROADCAST_SM {
        /// At most 5 octets.
        service_type: c_string 6,
        /// Sender.
        source: address 21,
        /// Set to replace an earlier broadcast.
        message_id: c_string 65,
        /// 0 to 4.
        priority_flag: byte,
        /// See [`crate::time`].
        schedule_delivery_time: c_string 17,
        /// See [`crate::time`].
        validity_period: c_string 17,
        /// 1 replaces.
        replace_if_present_flag: byte,
        /// Alphabet.
        data_coding: data_coding,
        /// Canned message; 0 for none.
        sm_default_msg_id: byte,
        /// Areas, content type, repetition, frequency, payload.
        tlvs: tlvs,
    }
}

pdu! {
    /// `broadcast_sm_resp` (SMPP 5.0 §4.4.2).
    BroadcastSmResp = BROADCAST_SM_RESP {
        /// The centre's id.
        message_id: c_string 65,
        /// Failed areas.
        tlvs: tlvs,
    }
}

pdu! {
    /// `query_broadcast_sm` (SMPP 5.0 §4.6.1).
    QueryBroadcastSm = QUERY_BROADCAST_SM {
        /// Which broadcast.
        message_id: c_string 65,
        /// The sender it was sent with.
        source: address 21,
        /// `user_message_reference`.
        tlvs: tlvs,
    }
}

pdu! {
    /// `query_broadcast_sm_resp` (SMPP 5.0 §4.6.3).
    QueryBroadcastSmResp = QUERY_BROADCAST_SM_RESP {
        /// Which broadcast.
        message_id: c_string 65,
        /// State, areas, success of each.
        tlvs: tlvs,
    }
}

pdu! {
    /// `cancel_broadcast_sm` (SMPP 5.0 §4.5.1).
    CancelBroadcastSm = CANCEL_BROADCAST_SM {
        /// At most 5 octets.
        service_type: c_string 6,
        /// Which broadcast.
        message_id: c_string 65,
        /// The sender it was sent with.
        source: address 21,
        /// `broadcast_content_type`, `user_message_reference`.
        tlvs: tlvs,
    }
}

bare! {
    /// `cancel_broadcast_sm_resp` (SMPP 5.0 §4.5.3).
    CancelBroadcastSmResp = CANCEL_BROADCAST_SM_RESP;
}
