//! PDUs that open and close a session: the binds, outbind, unbind, enquire_link, generic_nack (SMPP 3.4 §4.1–4.3,
//! §4.11). Which side may send them in which state is decided by `session`.

macro_rules! binds {
    ($($(#[$doc:meta])* $name:ident = $id:ident, $(#[$resp_doc:meta])* $resp:ident = $resp_id:ident;)*) => {
        $(
            pdu! {
                $(#[$doc])*
                $name = $id {
                    /// Name of the ESME; at most 15 octets.
                    system_id: c_string 16,
                    /// At most 8 octets.
                    password: secret 9,
                    /// At most 12 octets, often empty.
                    system_type: c_string 13,
                    /// 0x33, 0x34 or 0x50.
                    interface_version: byte,
                    /// Type of number of the served addresses.
                    addr_ton: byte,
                    /// Numbering plan of the served addresses.
                    addr_npi: byte,
                    /// Pattern of the served addresses; at most 40 octets.
                    address_range: c_string 41,
                }
            }
            pdu! {
                $(#[$resp_doc])*
                $resp = $resp_id {
                    /// Name of the SMSC; at most 15 octets.
                    system_id: c_string 16,
                    /// `sc_interface_version` (0x0210), if sent.
                    tlvs: tlvs,
                }
            }
        )*
    };
}

binds! {
    /// `bind_receiver` (SMPP 3.4 §4.1.3).
    BindReceiver = BIND_RECEIVER,
    /// `bind_receiver_resp` (SMPP 3.4 §4.1.4).
    BindReceiverResp = BIND_RECEIVER_RESP;
    /// `bind_transmitter` (SMPP 3.4 §4.1.1).
    BindTransmitter = BIND_TRANSMITTER,
    /// `bind_transmitter_resp` (SMPP 3.4 §4.1.2).
    BindTransmitterResp = BIND_TRANSMITTER_RESP;
    /// `bind_transceiver` (SMPP 3.4 §4.1.5).
    BindTransceiver = BIND_TRANSCEIVER,
    /// `bind_transceiver_resp` (SMPP 3.4 §4.1.6).
    BindTransceiverResp = BIND_TRANSCEIVER_RESP;
}

pdu! {
    /// `outbind` (SMPP 3.4 §4.1.7): an SMSC requests that an ESME binds. It has no response.
    Outbind = OUTBIND {
        /// Name of the SMSC; at most 15 octets.
        system_id: c_string 16,
        /// At most 8 octets.
        password: secret 9,
    }
}

bare! {
    /// `unbind` (SMPP 3.4 §4.2.1).
    Unbind = UNBIND;
    /// `unbind_resp` (SMPP 3.4 §4.2.2).
    UnbindResp = UNBIND_RESP;
    /// `enquire_link` (SMPP 3.4 §4.11.1).
    EnquireLink = ENQUIRE_LINK;
    /// `enquire_link_resp` (SMPP 3.4 §4.11.2).
    EnquireLinkResp = ENQUIRE_LINK_RESP;
    /// `generic_nack` (SMPP 3.4 §4.3.1): the response to a PDU that could not be understood.
    GenericNack = GENERIC_NACK;
}
