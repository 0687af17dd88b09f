//! Prints throughput: `cargo test -p smpp --release --test it speed -- --ignored --nocapture`. It asserts nothing,
//! because a busy machine is not a defect.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use smpp::CommandStatus;
use smpp::client::{self, ClientConfig};
use smpp::link::{Events, Handle, Link, Peer};
use smpp::pdu::{self, Address, RawPdu, SubmitSm};
use smpp::server::{self, BindAttempt, Handler, ServerConfig};
use smpp::session::{Answers, Event, Requests};

/// A message of 195 octets.
fn message() -> SubmitSm<'static> {
    SubmitSm {
        source: Address::alphanumeric(b"Boltgram"),
        destination: Address::international(b"4512345678"),
        short_message: &[b'x'; 144],
        ..SubmitSm::default()
    }
}

#[test]
#[ignore = "a measurement"]
fn of_the_codec() {
    const ROUNDS: u32 = 3_000_000;
    let mut out = BytesMut::with_capacity(4_096);
    pdu::encode(&mut out, CommandStatus::ROK, 1, &message()).unwrap();
    let raw = RawPdu::new(out.split().freeze()).unwrap();
    let start = Instant::now();
    for _ in 0..ROUNDS {
        black_box(black_box(&raw).decode::<SubmitSm<'_>>().unwrap());
    }
    println!("decode {} octets: {:?}", raw.bytes().len(), start.elapsed() / ROUNDS);
    let start = Instant::now();
    for sequence in 0..ROUNDS {
        out.clear();
        let sm = black_box(&raw).decode::<SubmitSm<'_>>().unwrap();
        pdu::encode(&mut out, CommandStatus::ROK, sequence, &sm).unwrap();
        black_box(&out);
    }
    println!("decode and encode: {:?}", start.elapsed() / ROUNDS);
}

/// Answers every message with an id of 16 characters.
struct Taker;

impl Handler for Taker {
    async fn bind(&self, _: &BindAttempt) -> Result<(), CommandStatus> {
        Ok(())
    }

    async fn session(&self, _: Peer, handle: Handle, mut events: Events) {
        while let Some(batch) = events.next().await {
            let mut answers = Answers::new();
            for event in batch {
                let Event::Request { ticket, pdu } = event else { continue };
                black_box(pdu.decode::<SubmitSm<'_>>().unwrap());
                answers.submitted(ticket, b"0123456789abcdef").unwrap();
            }
            if handle.answer(answers).await.is_err() {
                return;
            }
        }
    }
}

#[test]
#[ignore = "a measurement"]
fn of_a_session_over_loopback() {
    const COUNT: u64 = 2_000_000;
    for window in [64, 256, 1_000, 4_000] {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let mut config = ServerConfig::new("smsc");
            config.session.inbound_window = 10_000;
            let spawn = |connection| drop(tokio::task::spawn(connection));
            tokio::task::spawn(server::serve(listener, config, 10, Arc::new(Taker), spawn));
            let mut config = ClientConfig::new("127.0.0.1", port, "u", "p");
            config.session.window = window;
            let Link { handle, mut events, run, .. } = client::connect(&config).await.unwrap();
            tokio::task::spawn(run);
            let sender = handle.clone();
            let start = Instant::now();
            tokio::task::spawn(async move {
                let mut next = 0;
                while next < COUNT {
                    let room = sender.wait_room().await.unwrap() as u64;
                    let mut requests = Requests::with_capacity(room as usize);
                    for token in next..COUNT.min(next + room) {
                        requests.push(token, &message()).unwrap();
                    }
                    next += room;
                    sender.submit(requests).await.unwrap();
                }
            });
            let (mut answered, mut batches) = (0, 0);
            while answered < COUNT {
                let batch = events.next().await.unwrap();
                batches += 1;
                for event in batch {
                    let Event::Response { pdu, .. } = event else { panic!("{event:?}") };
                    assert_eq!(pdu.message_id().len(), 16);
                    answered += 1;
                }
            }
            let took = start.elapsed();
            let per_second = u128::from(COUNT) * 1_000_000 / took.as_micros();
            println!("window {window}: {per_second} msg/s, {} per batch", COUNT / batches);
        });
    }
}
