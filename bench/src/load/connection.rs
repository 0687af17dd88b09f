//! One connection of the loader: write a request, read its response, repeat.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{Plan, Seen};
use crate::http::Message;

/// Time limit for a response.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Pause after a refusal, doubled each time.
const PAUSE: Duration = Duration::from_millis(2);
const PAUSE_MAX: Duration = Duration::from_millis(250);
/// Attempts for a refused message: half a minute in all.
const REFUSALS_MAX: u32 = 128;
/// Consecutive lost connections after which the loader stops.
const CUTS_MAX: u32 = 10;

/// Outcome of a request.
enum Said {
    Yes,
    No(String),
}

struct Connection {
    stream: TcpStream,
    input: BytesMut,
}

/// Sends messages until none is left in the plan.
pub(super) async fn drive(plan: Arc<Plan>, to: SocketAddr) -> Result<Seen> {
    let mut seen = Seen::default();
    let (mut body, mut request) = (Vec::new(), Vec::new());
    let mut connection = None;
    let mut cuts = 0;
    while let Some((index, due)) = plan.next() {
        request.clear();
        plan.load.door.request(index, &mut body, &mut request);
        let began = wait(due, plan.load.rate).await;
        plan.load.tally.sending(index);
        match send(&plan, to, &mut connection, &request, began, &mut seen).await {
            Ok(()) => {
                cuts = 0;
                plan.load.tally.accepted(index);
            }
            Err(error) => {
                connection = None;
                seen.broken += 1;
                seen.example.get_or_insert(format!("{error:#}"));
                cuts += 1;
                if cuts >= CUTS_MAX {
                    return Err(error.context("consecutive messages failed"));
                }
            }
        }
    }
    Ok(seen)
}

/// Start of the latency: the loader's timers wake up to a millisecond late, which is not counted; time during which
/// all connections were busy is.
async fn wait(due: Instant, rate: f64) -> Instant {
    let now = Instant::now();
    if rate <= 0.0 || due <= now {
        return due.min(now);
    }
    sleep_until(due).await;
    Instant::now()
}

/// Sends one message until it is accepted.
async fn send(
    plan: &Plan,
    to: SocketAddr,
    connection: &mut Option<Connection>,
    request: &[u8],
    mut began: Instant,
    seen: &mut Seen,
) -> Result<()> {
    let mut pause = PAUSE;
    for _ in 0..REFUSALS_MAX {
        if connection.is_none() {
            *connection = Some(Connection::open(to).await?);
        }
        let Some(open) = connection.as_mut() else { bail!("no connection") };
        let (said, close) = timeout(ANSWER_WITHIN, open.ask(plan, request)).await??;
        if close {
            *connection = None;
        }
        match said {
            Said::Yes => {
                seen.latency.record(began.elapsed());
                return Ok(());
            }
            Said::No(why) => {
                seen.refused += 1;
                seen.example.get_or_insert(why);
                sleep(pause).await;
                pause = (pause * 2).min(PAUSE_MAX);
                began = Instant::now();
            }
        }
    }
    bail!("refused too often: {}", seen.example.as_deref().unwrap_or_default())
}

impl Connection {
    async fn open(to: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(to).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, input: BytesMut::with_capacity(4 * 1024) })
    }

    /// The response, and whether it is the connection's last.
    async fn ask(&mut self, plan: &Plan, request: &[u8]) -> Result<(Said, bool)> {
        self.stream.write_all(request).await.context("cannot send")?;
        loop {
            self.input.reserve(1_024);
            if self.stream.read_buf(&mut self.input).await.context("cannot read")? == 0 {
                bail!("the gateway closed the connection before it answered");
            }
            let Some(answer) = Message::read(&self.input)? else { continue };
            let said = if plan.load.door.is_yes(&answer) {
                Said::Yes
            } else {
                let text = String::from_utf8_lossy(answer.body);
                Said::No(format!("{} {}", answer.status(), text.trim()))
            };
            let (octets, close) = (answer.octets, answer.close);
            self.input.advance(octets);
            return Ok((said, close));
        }
    }
}
