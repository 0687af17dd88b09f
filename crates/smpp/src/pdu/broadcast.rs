//! Cell broadcast: broadcast_sm, query_broadcast_sm, cancel_broadcast_sm (SMPP 5.0 §4.4–4.6 of the operations chapter).
//! Areas, frequency and repetition are optional parameters and are passed through unread.

pdu! {
    /// `broadcast_sm` (SMPP 5.0 §4.4.1).
    BroadcastSm = BROADCAST_SM {
        /// At most 5 octets.
        service_type: c_string 6,
        /// Source address.
        source: address 21,
        /// Id of the broadcast to replace; empty otherwise.
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
        /// Id given by the message centre.
        message_id: c_string 65,
        /// Areas that failed.
        tlvs: tlvs,
    }
}

pdu! {
    /// `query_broadcast_sm` (SMPP 5.0 §4.6.1).
    QueryBroadcastSm = QUERY_BROADCAST_SM {
        /// Id of the broadcast.
        message_id: c_string 65,
        /// Source address of the broadcast.
        source: address 21,
        /// `user_message_reference`.
        tlvs: tlvs,
    }
}

pdu! {
    /// `query_broadcast_sm_resp` (SMPP 5.0 §4.6.3).
    QueryBroadcastSmResp = QUERY_BROADCAST_SM_RESP {
        /// Id of the broadcast.
        message_id: c_string 65,
        /// State, areas, and the success rate of each.
        tlvs: tlvs,
    }
}

pdu! {
    /// `cancel_broadcast_sm` (SMPP 5.0 §4.5.1).
    CancelBroadcastSm = CANCEL_BROADCAST_SM {
        /// At most 5 octets.
        service_type: c_string 6,
        /// Id of the broadcast.
        message_id: c_string 65,
        /// Source address of the broadcast.
        source: address 21,
        /// `broadcast_content_type`, `user_message_reference`.
        tlvs: tlvs,
    }
}

bare! {
    /// `cancel_broadcast_sm_resp` (SMPP 5.0 §4.5.3).
    CancelBroadcastSmResp = CANCEL_BROADCAST_SM_RESP;
}
