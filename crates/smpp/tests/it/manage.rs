//! Operations on submitted messages: query_sm, replace_sm, cancel_sm, submit_multi, data_sm, and attached parameters
//! that come back, between our client and [`full_server`](crate::full_server).

use smpp::client::{self, ClientConfig};
use smpp::link::Link;
use smpp::pdu::*;
use smpp::receipt::{MessageState, Receipt};
use smpp::server::ServerConfig;
use smpp::session::{Event, Requests};
use smpp::{CommandId, CommandStatus};

use crate::full_server::FullServer;
use crate::loopback::{start_with, submit};

/// A client that waits for each response.
struct WaitingClient {
    link: Link,
}

impl WaitingClient {
    async fn open() -> Self {
        let port = start_with(ServerConfig::new("smsc"), FullServer).await;
        Self {
            link: client::connect(&ClientConfig::new("127.0.0.1", port, "u", "p")).await.unwrap(),
        }
    }

    /// Sends one request and returns the next `count` PDUs, responses and requests, in order.
    async fn request<'a>(&mut self, body: &impl Body<'a>, count: usize) -> Vec<RawPdu> {
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
        self.request(body, 1).await.remove(0).status()
    }

    async fn state(&mut self, id: &[u8]) -> MessageState {
        let answer =
            self.request(&QuerySm { message_id: id, ..QuerySm::default() }, 1).await.remove(0);
        let answer = answer.decode::<QuerySmResp<'_>>().unwrap();
        assert_eq!(answer.message_id, id);
        let state = MessageState::from_number(answer.message_state);
        assert_eq!(answer.final_date.is_empty(), !state.is_final());
        state
    }
}

#[tokio::test]
async fn an_enroute_message_is_queried_replaced_and_cancelled() {
    let mut client = WaitingClient::open().await;
    let sent = client.request(&submit(b"wait"), 1).await.remove(0);
    let id = sent.message_id();
    assert_eq!(client.state(id).await, MessageState::Enroute);
    let replace = ReplaceSm { message_id: id, short_message: b"other", ..ReplaceSm::default() };
    let cancel = CancelSm { message_id: id, ..CancelSm::default() };
    assert_eq!(client.status(&replace).await, CommandStatus::ROK);
    assert_eq!(client.status(&cancel).await, CommandStatus::ROK);
    assert_eq!(client.state(id).await, MessageState::Deleted);
    assert_eq!(client.status(&replace).await, CommandStatus::RREPLACEFAIL);
    assert_eq!(client.status(&cancel).await, CommandStatus::RCANCELFAIL);
    let nobodys = QuerySm { message_id: b"nobody's", ..QuerySm::default() };
    assert_eq!(client.status(&nobodys).await, CommandStatus::RQUERYFAIL);
}

#[tokio::test]
async fn submit_multi_resp_lists_each_refused_recipient() {
    let mut client = WaitingClient::open().await;
    let mut list = ListBuf::new();
    for number in 0..253 {
        // Every tenth starts with a zero.
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
    let answer = client.request(&multi, 1).await.remove(0);
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
async fn attached_parameters_come_back_octet_for_octet() {
    let mut client = WaitingClient::open().await;
    let mut tlvs = TlvBuf::new();
    tlvs.push(0x1401, b"\x00\xff\x00").unwrap().push(0x3FFF, b"").unwrap();
    tlvs.push_u16(tag::USER_MESSAGE_REFERENCE, 77);
    let message = SubmitSm {
        registered_delivery: RegisteredDelivery::FINAL,
        tlvs: tlvs.tlvs(),
        ..submit(b"with more")
    };
    let heard = client.request(&message, 2).await;
    let deliver = heard[1].decode::<DeliverSm<'_>>().unwrap();
    for tlv in message.tlvs.iter() {
        assert_eq!(deliver.tlvs.get(tlv.tag), Some(tlv));
    }
    assert_eq!(Receipt::of(&deliver).unwrap().message_id, heard[0].message_id());
}

#[tokio::test]
async fn a_receipt_may_come_by_data_sm() {
    let mut client = WaitingClient::open().await;
    let heard = client.request(&DataSm::default(), 2).await;
    assert_eq!((heard[0].id(), heard[1].id()), (CommandId::DATA_SM_RESP, CommandId::DATA_SM));
    let data = heard[1].decode::<DataSm<'_>>().unwrap();
    let receipt = Receipt::of_data(&data).unwrap();
    assert_eq!(receipt.message_id, heard[0].message_id());
    assert_eq!((receipt.state, receipt.err), (MessageState::Delivered, &b"000"[..]));
}
