//! A client whose room for requests of the server is full, and one whose room is not: tokio's clock is paused.

use std::time::Duration;

use smpp::CommandStatus;
use smpp::client::{self, ClientConfig};
use smpp::link::{Events, Handle, InboundRoom, Link};
use smpp::pdu::DeliverSm;
use smpp::server::{self, ServerConfig};
use smpp::session::{Answers, CloseReason, Event, Requests};
use tokio::task::JoinSet;

use crate::loopback::submit;

const MINUTE: Duration = Duration::from_secs(60);

struct Pair {
    client: (Handle, Events),
    server: (Handle, Events),
    runs: JoinSet<CloseReason>,
}

/// The server waits for everything as long as it takes.
async fn pair(client: &ClientConfig, mut server: ServerConfig) -> Pair {
    server.session.window = 10_000;
    server.session.response = 60 * MINUTE;
    server.session.stall = 60 * MINUTE;
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let mut runs = JoinSet::new();
    let accepting = async {
        let link = server::accept_over(theirs, &server).await.unwrap().accept().unwrap();
        runs.spawn(link.run);
        (link.handle, link.events)
    };
    let (ours, server) = tokio::join!(client::connect_over(ours, client), accepting);
    let Link { handle, events, run, .. } = ours.unwrap();
    let client = (handle, events);
    runs.spawn(run);
    Pair { client, server, runs }
}

fn deliveries(count: u64) -> Requests {
    let mut requests = Requests::new();
    let body = DeliverSm { short_message: &[b'x'; 200], ..DeliverSm::default() };
    (0..count).for_each(|token| requests.push(token, &body).unwrap());
    requests
}

/// Accepts the next batch of submissions.
async fn accept_next((handle, events): &mut (Handle, Events)) {
    let mut answers = Answers::new();
    for event in events.next().await.unwrap() {
        let Event::Request { ticket, .. } = event else { panic!("{event:?}") };
        answers.submitted(ticket, b"id").unwrap();
    }
    handle.answer(answers).await.unwrap();
}

/// Time for everything that needs no timer.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}

#[tokio::test(start_paused = true)]
async fn a_link_is_not_read_while_the_room_is_full_and_nothing_times_out_meanwhile() {
    const COUNT: u64 = 5_000;
    let mut config = ClientConfig::new("", 0, "u", "p");
    config.inbound_room = InboundRoom::new(500_000);
    let room = config.inbound_room.clone();
    let mut server = ServerConfig::new("smsc");
    server.session.enquire_link = None;
    let mut pair = pair(&config, server).await;
    pair.server.0.submit(deliveries(COUNT)).await.unwrap();
    settle().await;
    // Its response will lie behind the deliveries.
    let mut requests = Requests::new();
    requests.push(7, &submit(b"x")).unwrap();
    pair.client.0.submit(requests).await.unwrap();
    accept_next(&mut pair.server).await;

    tokio::time::sleep(10 * MINUTE).await;
    let held = u64::from(pair.client.0.unanswered());
    assert!(held > 0 && held < COUNT / 2, "{held} were read");
    assert!(room.taken() < 500_000 + 300_000 && room.waiting() == 1, "{room:?}");
    assert!(pair.runs.try_join_next().is_none(), "the link ended");

    let (mut delivered, mut responses) = (0, 0);
    while delivered < COUNT || responses == 0 {
        let mut answers = Answers::new();
        for event in pair.client.1.next().await.unwrap() {
            match event {
                Event::Request { ticket, .. } => answers.deliver(ticket, CommandStatus::ROK),
                Event::Response { token: 7, .. } => responses += 1,
                event => panic!("{event:?}"),
            }
        }
        delivered += answers.len() as u64;
        pair.client.0.answer(answers).await.unwrap();
        // The store is slow.
        tokio::time::sleep(Duration::from_secs(20)).await;
    }
    settle().await;
    assert_eq!((room.taken(), room.waiting()), (0, 0));
    assert_eq!((pair.client.0.unanswered(), pair.client.0.counters().overflowed), (0, 0));
    let mut confirmed = 0;
    while confirmed < COUNT {
        for event in pair.server.1.next().await.unwrap() {
            let Event::Response { pdu, .. } = event else { panic!("{event:?}") };
            assert!(pdu.status().is_ok());
            confirmed += 1;
        }
    }
    assert!(pair.runs.try_join_next().is_none(), "the link ended");
}

#[tokio::test(start_paused = true)]
async fn responses_and_enquire_links_are_handled_while_deliveries_wait_in_the_room() {
    let config = ClientConfig::new("", 0, "u", "p");
    let mut server = ServerConfig::new("smsc");
    server.session.enquire_link = Some(Duration::from_secs(5));
    let mut pair = pair(&config, server).await;
    pair.server.0.submit(deliveries(5_000)).await.unwrap();
    settle().await;
    assert_eq!(pair.client.0.unanswered(), 5_000);
    for token in 0..10 {
        let mut requests = Requests::new();
        requests.push(token, &submit(b"x")).unwrap();
        pair.client.0.submit(requests).await.unwrap();
        accept_next(&mut pair.server).await;
        // Several enquire_links of the server.
        tokio::time::sleep(MINUTE).await;
        assert_eq!(pair.client.0.in_flight(), 0);
    }
    assert!(pair.runs.try_join_next().is_none(), "the link ended");
}

#[tokio::test(start_paused = true)]
async fn requests_of_which_little_is_kept_leave_room_for_more_and_free_it_when_answered() {
    const COUNT: u64 = 5_000;
    let mut config = ClientConfig::new("", 0, "u", "p");
    config.inbound_room = InboundRoom::new(600_000);
    let pair = pair(&config, ServerConfig::new("smsc")).await;
    let (handle, mut events) = pair.client;
    pair.server.0.submit(deliveries(COUNT)).await.unwrap();
    let mut kept = Vec::new();
    while (kept.len() as u64) < COUNT {
        let mut tickets: Vec<_> = (events.next().await.unwrap().into_iter())
            .map(|event| {
                let Event::Request { ticket, .. } = event else { panic!("{event:?}") };
                ticket
            })
            .collect();
        handle.shrink(&mut tickets, 100);
        kept.append(&mut tickets);
    }
    settle().await;
    assert_eq!(config.inbound_room.taken(), 100 * kept.len());
    let mut answers = Answers::new();
    kept.into_iter().for_each(|ticket| answers.deliver(ticket, CommandStatus::ROK));
    handle.answer(answers).await.unwrap();
    settle().await;
    assert_eq!(config.inbound_room.taken(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_flooded_link_does_not_keep_another_one_from_being_read() {
    let mut config = ClientConfig::new("", 0, "u", "p");
    config.inbound_room = InboundRoom::new(100_000);
    let flooded = pair(&config, ServerConfig::new("smsc")).await;
    let mut quiet = pair(&config, ServerConfig::new("smsc")).await;
    flooded.server.0.submit(deliveries(5_000)).await.unwrap();
    settle().await;
    assert_eq!(config.inbound_room.waiting(), 1);
    quiet.server.0.submit(deliveries(1)).await.unwrap();
    assert!(matches!(quiet.client.1.next().await.unwrap()[..], [Event::Request { .. }]));
    flooded.client.0.abort();
    settle().await;
    assert!(config.inbound_room.taken() < 100_000, "{:?}", config.inbound_room);
}
