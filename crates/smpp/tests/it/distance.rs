//! The window over a long distance: through a pipe with latency, a session reaches nine tenths of window/RTT, so it
//! never works in lock-step. Tokio's clock is paused; only the pipe's latency advances it.

use std::collections::VecDeque;
use std::time::Duration;

use smpp::client::{self, ClientConfig};
use smpp::link::Link;
use smpp::pdu::SubmitSm;
use smpp::server::{self, ServerConfig};
use smpp::session::{Answers, Event, Requests};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio::time::Instant;

use crate::loopback::submit;

const WINDOW: u32 = 20;
const MESSAGES: u64 = 2_000;

/// Forwards octets, each with the one-way latency.
async fn carry(mut from: ReadHalf<DuplexStream>, mut to: WriteHalf<DuplexStream>, way: Duration) {
    let (mut underway, mut buffer) = (VecDeque::<(Instant, Vec<u8>)>::new(), [0; 4_096]);
    loop {
        let due = underway.front().map(|(due, _)| *due);
        let arrival = async {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = arrival => {
                let Some((_, octets)) = underway.pop_front() else { return };
                if to.write_all(&octets).await.is_err() {
                    return;
                }
            }
            read = from.read(&mut buffer) => match read {
                Ok(0) | Err(_) => return,
                Ok(octets) => underway.push_back((Instant::now() + way, buffer[..octets].to_vec())),
            }
        }
    }
}

/// Two ends, and the pipe between them, which runs until both are dropped.
fn pipe(rtt: Duration) -> (DuplexStream, DuplexStream) {
    let (ours, near) = tokio::io::duplex(1 << 16);
    let (far, theirs) = tokio::io::duplex(1 << 16);
    let (near_read, near_write) = tokio::io::split(near);
    let (far_read, far_write) = tokio::io::split(far);
    tokio::task::spawn(carry(near_read, far_write, rtt / 2));
    tokio::task::spawn(carry(far_read, near_write, rtt / 2));
    (ours, theirs)
}

async fn serve(stream: DuplexStream) {
    let config = ServerConfig::new("smsc");
    let link = server::accept_over(stream, &config).await.unwrap().accept().unwrap();
    let Link { handle, mut events, run, .. } = link;
    tokio::task::spawn(run);
    while let Some(batch) = events.next().await {
        let mut answers = Answers::new();
        for event in batch {
            let Event::Request { ticket, pdu } = event else { panic!("{event:?}") };
            assert!(handle.unanswered() <= WINDOW, "the window was exceeded");
            let sm = pdu.decode::<SubmitSm<'_>>().unwrap();
            answers.submitted(ticket, sm.short_message).unwrap();
        }
        if handle.answer(answers).await.is_err() {
            return;
        }
    }
}

/// How long the messages took, in the pipe's time.
async fn carried(rtt: Duration) -> Duration {
    let (ours, theirs) = pipe(rtt);
    tokio::task::spawn(serve(theirs));
    let mut config = ClientConfig::new("", 0, "u", "p");
    config.session.window = WINDOW;
    let link = client::connect_over(ours, &config).await.unwrap();
    let Link { handle, mut events, run, .. } = link;
    tokio::task::spawn(run);
    let mut requests = Requests::new();
    for token in 0..MESSAGES {
        requests.push(token, &submit(b"x")).unwrap();
    }
    let started = Instant::now();
    handle.submit(requests).await.unwrap();
    let mut answered = 0;
    while answered < MESSAGES {
        answered += events.next().await.unwrap().len() as u64;
    }
    started.elapsed()
}

#[tokio::test(start_paused = true)]
async fn throughput_is_nine_tenths_of_window_over_rtt_at_any_distance() {
    for millis in [20, 40, 100, 200] {
        let rtt = Duration::from_millis(millis);
        let (took, best) = (carried(rtt).await, rtt * u32::try_from(MESSAGES).unwrap() / WINDOW);
        println!("{millis} ms: {took:?}, at best {best:?}");
        assert!(took * 9 <= best * 10, "{took:?} of {best:?} at {millis} ms");
        assert!(took >= best, "{took:?} of {best:?}: the window was exceeded");
    }
}
