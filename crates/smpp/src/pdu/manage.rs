//! PDUs about submitted messages: query_sm, cancel_sm, alert_notification (SMPP 3.4 §4.8, §4.9, §4.12).

pdu! {
    /// `query_sm` (SMPP 3.4 §4.8.1).
    QuerySm = QUERY_SM {
        /// Id of the message.
        message_id: c_string 65,
        /// Source address of the message.
        source: address 21,
    }
}

pdu! {
    /// `query_sm_resp` (SMPP 3.4 §4.8.2).
    QuerySmResp = QUERY_SM_RESP {
        /// Id of the message.
        message_id: c_string 65,
        /// When the state became final, see [`crate::time`]; empty before.
        final_date: c_string 17,
        /// See [`crate::receipt::MessageState`].
        message_state: byte,
        /// The network's error, 0 for none.
        error_code: byte,
        /// Optional parameters (5.0).
        tlvs: tlvs,
    }
}

pdu! {
    /// `cancel_sm` (SMPP 3.4 §4.9.1).
    CancelSm = CANCEL_SM {
        /// Cancels by service type if set; at most 5 octets.
        service_type: c_string 6,
        /// Id of the message; empty to cancel all messages between the two addresses.
        message_id: c_string 65,
        /// Source address of the message.
        source: address 21,
        /// The recipient; empty if the id is set.
        destination: address 21,
    }
}

pdu! {
    /// `alert_notification` (SMPP 3.4 §4.12.1): a handset is reachable again. It has no response.
    AlertNotification = ALERT_NOTIFICATION {
        /// The handset; at most 64 octets.
        source: address 65,
        /// The ESME that requested the alert; at most 64 octets.
        esme: address 65,
        /// `ms_availability_status` (0x0422).
        tlvs: tlvs,
    }
}

bare! {
    /// `cancel_sm_resp` (SMPP 3.4 §4.9.2).
    CancelSmResp = CANCEL_SM_RESP;
}
