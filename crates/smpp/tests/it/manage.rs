//! Operations on messages that are there: asking, replacing, cancelling, many recipients at once, data_sm, and what the
//! sender attached coming back, between our client and the clerk.

use smpp::client::{self, ClientConfig};
use smpp::link::Link;
use smpp::pdu::*;
use smpp::receipt::{MessageState, Receipt};
use smpp::server::ServerConfig;
use smpp::session::{Event, Requests};
use smpp::{CommandId, CommandStatus};

use crate::clerk::Clerk;
use crate::loopback::{start_with, submit};

/// A client that waits for each answer.
struct Desk {
    link: Link,
}

impl Desk {
    async fn open() -> Self {
        let port = start_with(ServerConfig::new("smsc"), Clerk).await;
        Self {
            link: client::connect(&ClientConfig::new("127.0.0.1", port, "u", "p")).await.unwrap(),
        }
    }

    /// Sends one request and gives `count` of what comes back, answers and requests, in order.
    async fn ask<'a>(&mut self, body: &impl Body<'a>, count: usize) -> Vec<RawPdu> {
        let mut requests = Requests::new();
        requests.push(0, body).unwrap();
        self.link.handle.submit(requests).await.unwrap();
        let mut heard = Vec::new();
        while heard.len() < count {
            let batch = tokio::select! {
                batch = self.link.events.next() => batch.expect("the session lives"),
                ended = &mut self.link.run => panic!("{ended}"),
            };
            for event in batch {
                match event {
                    Event::Response { pdu, .. } | Event::Request { pdu, .. } => heard.push(pdu),
                    other => panic!("{other:?}"),
                }
            }
        }
        heard
    }

    async fn status<'a>(&mut self, body: &impl Body<'a>) -> CommandStatus {
        self.ask(body, 1).await.remove(0).status()
    }

    async fn state(&mut self, id: &[u8]) -> MessageState {
        let answer = self.ask(&QuerySm { message_id: id, ..QuerySm::default() }, 1).await.remove(0);
        let answer = answer.decode::<QuerySmResp<'_>>().unwrap();
        assert_eq!(answer.message_id, id);
        let state = MessageState::from_number(answer.message_state);
        assert_eq!(answer.final_date.is_empty(), !state.is_final());
        state
    }
}

#[tokio::test]
async fn a_message_on_its_way_is_asked_after_replaced_and_cancelled() {
    let mut desk = Desk::open().await;
    let sent = desk.ask(&submit(b"wait"), 1).await.remove(0);
    let id = sent.message_id();
    assert_eq!(desk.state(id).await, MessageState::Enroute);
    let replace = ReplaceSm { message_id: id, short_message: b"other", ..ReplaceSm::default() };
    let cancel = CancelSm { message_id: id, ..CancelSm::default() };
    assert_eq!(desk.status(&replace).await, CommandStatus::ROK);
    assert_eq!(desk.status(&cancel).await, CommandStatus::ROK);
    assert_eq!(desk.state(id).await, MessageState::Deleted);
    assert_eq!(desk.status(&replace).await, CommandStatus::RREPLACEFAIL);
    assert_eq!(desk.status(&cancel).await, CommandStatus::RCANCELFAIL);
    let nobodys = QuerySm { message_id: b"nobody's", ..QuerySm::default() };
    assert_eq!(desk.status(&nobodys).await, CommandStatus::RQUERYFAIL);
}

#[tokio::test]
async fn of_254_recipients_those_refused_are_told_one_by_one() {
    let mut desk = Desk::open().await;
    let mut list = ListBuf::new();
    for number in 0..253 {
        // Every tenth begins with a zero.
        let number = format!("{}{number:03}", if number % 10 == 3 { "0" } else { "45" });
        let to = Destination::Address(Address::international(number.as_bytes()));
        list.push_destination(to).unwrap();
    }
    list.push_destination(Destination::List(b"friends")).unwrap();
    let multi = SubmitMulti {
        destinations: list.destinations(),
        short_message: b"to all",
        ..SubmitMulti::default()
    };
    let answer = desk.ask(&multi, 1).await.remove(0);
    let answer = answer.decode::<SubmitMultiResp<'_>>().unwrap();
    assert_eq!((answer.message_id, answer.unsuccessful.len()), (&b"c-1"[..], 26));
    let refused: Vec<_> = answer.unsuccessful.iter().collect();
    for (at, one) in refused.iter().take(25).enumerate() {
        assert_eq!(one.address.addr, format!("0{:03}", at * 10 + 3).as_bytes());
        assert_eq!(one.status, CommandStatus::RINVDSTADR);
    }
    assert_eq!(refused[25].address.addr, b"friends");
    assert_eq!(refused[25].status, CommandStatus::RINVDLNAME);
}

#[tokio::test]
async fn what_a_sender_attaches_comes_back_octet_for_octet() {
    let mut desk = Desk::open().await;
    let mut tlvs = TlvBuf::new();
    tlvs.push(0x1401, b"\x00\xff\x00").unwrap().push(0x3FFF, b"").unwrap();
    tlvs.push_u16(tag::USER_MESSAGE_REFERENCE, 77);
    let message = SubmitSm {
        registered_delivery: RegisteredDelivery::FINAL,
        tlvs: tlvs.tlvs(),
        ..submit(b"with more")
    };
    let heard = desk.ask(&message, 2).await;
    let deliver = heard[1].decode::<DeliverSm<'_>>().unwrap();
    for tlv in message.tlvs.iter() {
        assert_eq!(deliver.tlvs.get(tlv.tag), Some(tlv));
    }
    assert_eq!(Receipt::of(&deliver).unwrap().message_id, heard[0].message_id());
}

#[tokio::test]
async fn a_receipt_may_come_by_data_sm() {
    let mut desk = Desk::open().await;
    let heard = desk.ask(&DataSm::default(), 2).await;
    assert_eq!((heard[0].id(), heard[1].id()), (CommandId::DATA_SM_RESP, CommandId::DATA_SM));
    let data = heard[1].decode::<DataSm<'_>>().unwrap();
    let receipt = Receipt::of_data(&data).unwrap();
    assert_eq!(receipt.message_id, heard[0].message_id());
    assert_eq!((receipt.state, receipt.err), (MessageState::Delivered, &b"000"[..]));
}
