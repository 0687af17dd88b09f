//! A server that supports every operation, for third-party clients: it keeps messages, sends receipts with the
//! sender's attached parameters, answers queries, replaces and cancels, and refuses some recipients of submit_multi.

use std::collections::BTreeMap;

use smpp::CommandStatus;
use smpp::link::{Events, Handle, Peer};
use smpp::pdu::*;
use smpp::receipt::{MessageState, NewReceipt};
use smpp::server::{BindAttempt, Handler};
use smpp::session::{Answers, Event, Requests, Ticket};

/// Accepts `u` with `p`. A message that requests a receipt is delivered at once; others stay en route.
pub(crate) struct FullServer;

#[derive(Default)]
struct Messages {
    states: BTreeMap<Vec<u8>, MessageState>,
    answers: Answers,
    receipts: Requests,
}

impl Handler for FullServer {
    async fn bind(&self, attempt: &BindAttempt) -> Result<(), CommandStatus> {
        let bind = attempt.parameters().map_err(|error| error.status())?;
        match (bind.system_id, bind.password.0) {
            (b"u", b"p") => Ok(()),
            (b"u", _) => Err(CommandStatus::RINVPASWD),
            _ => Err(CommandStatus::RINVSYSID),
        }
    }

    async fn session(&self, _: Peer, handle: Handle, mut events: Events) {
        let mut messages = Messages::default();
        while let Some(batch) = events.next().await {
            for event in batch {
                if let Event::Request { ticket, pdu } = event {
                    messages.take(ticket, &pdu);
                }
            }
            if handle.answer(std::mem::take(&mut messages.answers)).await.is_err() {
                return;
            }
            let receipts = std::mem::take(&mut messages.receipts);
            if !receipts.is_empty() && handle.submit(receipts).await.is_err() {
                return;
            }
        }
    }
}

impl Messages {
    fn take(&mut self, ticket: Ticket, pdu: &RawPdu) {
        match pdu.decode_any() {
            Ok(Pdu::SubmitSm(sm)) => self.submitted(ticket, &sm),
            Ok(Pdu::DataSm(data)) => self.data(ticket, &data),
            Ok(Pdu::SubmitMulti(multi)) => self.take_multi(ticket, &multi),
            Ok(Pdu::QuerySm(query)) => self.query(ticket, &query),
            Ok(Pdu::ReplaceSm(replace)) => {
                let open = self.is_open(replace.message_id);
                let status = if open { CommandStatus::ROK } else { CommandStatus::RREPLACEFAIL };
                self.answers.refuse(ticket, status);
            }
            Ok(Pdu::CancelSm(cancel)) => {
                let open = self.is_open(cancel.message_id);
                if open {
                    self.states.insert(cancel.message_id.to_vec(), MessageState::Deleted);
                }
                let status = if open { CommandStatus::ROK } else { CommandStatus::RCANCELFAIL };
                self.answers.refuse(ticket, status);
            }
            Ok(_) => self.answers.refuse(ticket, CommandStatus::RINVCMDID),
            Err(error) => self.answers.refuse(ticket, error.status()),
        }
    }

    fn is_open(&self, id: &[u8]) -> bool {
        self.states.get(id) == Some(&MessageState::Enroute)
    }

    fn keep(&mut self, state: MessageState) -> Vec<u8> {
        let id = format!("c-{}", self.states.len() + 1).into_bytes();
        self.states.insert(id.clone(), state);
        id
    }

    fn submitted(&mut self, ticket: Ticket, sm: &SubmitSm<'_>) {
        let wanted = sm.registered_delivery.wants(true);
        let id = self.keep(if wanted { MessageState::Delivered } else { MessageState::Enroute });
        self.answers.submitted(ticket, &id).unwrap();
        if wanted {
            let (mut text, mut tlvs) = (Vec::new(), TlvBuf::new());
            receipt(&id, sm.short_message, &mut text, &mut tlvs);
            let attached = |tag| tag == tag::USER_MESSAGE_REFERENCE || tag >= 0x1400;
            for tlv in sm.tlvs.iter().filter(|tlv| attached(tlv.tag)) {
                tlvs.push(tlv.tag, tlv.value).unwrap();
            }
            let deliver = DeliverSm {
                esm_class: EsmClass::RECEIPT,
                source: sm.destination,
                destination: sm.source,
                short_message: &text,
                tlvs: tlvs.tlvs(),
                ..DeliverSm::default()
            };
            self.receipts.push(0, &deliver).unwrap();
        }
    }

    /// The receipt is sent by data_sm, too.
    fn data(&mut self, ticket: Ticket, data: &DataSm<'_>) {
        let id = self.keep(MessageState::Delivered);
        let answer = DataSmResp { message_id: &id, tlvs: Tlvs::NONE };
        self.answers.push(ticket, CommandStatus::ROK, &answer).unwrap();
        let (mut text, mut tlvs) = (Vec::new(), TlvBuf::new());
        receipt(&id, b"", &mut text, &mut tlvs);
        tlvs.push(tag::MESSAGE_PAYLOAD, &text).unwrap();
        let back = DataSm {
            esm_class: EsmClass::RECEIPT,
            source: data.destination,
            destination: data.source,
            tlvs: tlvs.tlvs(),
            ..DataSm::default()
        };
        self.receipts.push(0, &back).unwrap();
    }

    /// Refuses lists and recipients that start with 0.
    fn take_multi(&mut self, ticket: Ticket, multi: &SubmitMulti<'_>) {
        let mut refused = ListBuf::new();
        for destination in multi.destinations.iter() {
            let (address, status) = match destination {
                Destination::Address(to) if to.addr.starts_with(b"0") => {
                    (to, CommandStatus::RINVDSTADR)
                }
                Destination::Address(_) => continue,
                Destination::List(name) => (Address::unknown(name), CommandStatus::RINVDLNAME),
            };
            refused.push_unsuccessful(Unsuccessful { address, status }).unwrap();
        }
        let id = self.keep(MessageState::Enroute);
        let answer = SubmitMultiResp {
            message_id: &id,
            unsuccessful: refused.unsuccessful(),
            tlvs: Tlvs::NONE,
        };
        self.answers.push(ticket, CommandStatus::ROK, &answer).unwrap();
    }

    fn query(&mut self, ticket: Ticket, query: &QuerySm<'_>) {
        let Some(state) = self.states.get(query.message_id) else {
            return self.answers.refuse(ticket, CommandStatus::RQUERYFAIL);
        };
        let answer = QuerySmResp {
            message_id: query.message_id,
            final_date: if state.is_final() { b"261121220000000+" } else { b"" },
            message_state: state.number(),
            ..QuerySmResp::default()
        };
        self.answers.push(ticket, CommandStatus::ROK, &answer).unwrap();
    }
}

fn receipt(id: &[u8], message: &[u8], text: &mut Vec<u8>, tlvs: &mut TlvBuf) {
    let new = NewReceipt {
        message_id: id,
        state: MessageState::Delivered,
        err: "000",
        submit_date: *b"2611212200",
        done_date: *b"2611212201",
        network_error: None,
        text: message,
    };
    new.render(text);
    new.tlvs(tlvs).unwrap();
}
