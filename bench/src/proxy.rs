//! A TCP proxy that delays each direction by half a round trip, to simulate a distant carrier on the loopback. It delays
//! octets, not packets: order and content are kept, bandwidth is not limited. It uses two threads per direction instead
//! of tasks, because a thread's sleep is exact to 0.05 ms and a runtime's timer to 2 ms.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::measure::Thread;

/// Chunks in flight in one direction; far more than a window of messages.
const UNDER_WAY_MAX: usize = 16_384;
const CHUNK_OCTETS: usize = 64 * 1024;
/// Shortest sleep: chunks due sooner are sent at once.
const SLACK: Duration = Duration::from_micros(30);

type Chunk = (Instant, Vec<u8>);

/// The running threads, for their CPU time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Threads(Arc<Mutex<Vec<Thread>>>);

impl Threads {
    fn enter(&self) {
        if let Ok(thread) = Thread::current() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        }
    }

    /// CPU time of the threads that still run.
    pub(crate) fn cpu(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(Thread::cpu).sum()
    }
}

/// Serves forever.
pub(crate) fn serve(listener: &TcpListener, to: SocketAddr, rtt: Duration, threads: &Threads) {
    for near in listener.incoming().flatten() {
        if let Err(error) = join(near, to, rtt / 2, threads) {
            eprintln!("proxy: {error}");
        }
    }
}

fn join(
    near: TcpStream,
    to: SocketAddr,
    delay: Duration,
    threads: &Threads,
) -> std::io::Result<()> {
    let far = TcpStream::connect(to)?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    carry(near.try_clone()?, far.try_clone()?, delay, threads.clone());
    carry(far, near, delay, threads.clone());
    Ok(())
}

/// Starts the threads of one direction; when the near side is closed, they close the far side and end.
fn carry(from: TcpStream, to: TcpStream, delay: Duration, threads: Threads) {
    let (sender, receiver) = sync_channel::<Chunk>(UNDER_WAY_MAX);
    let reading = threads.clone();
    thread::spawn(move || {
        reading.enter();
        take(from, delay, &sender);
    });
    thread::spawn(move || {
        threads.enter();
        give(to, &receiver);
    });
}

fn take(mut from: TcpStream, delay: Duration, sender: &SyncSender<Chunk>) {
    let mut input = vec![0; CHUNK_OCTETS];
    while let Ok(octets @ 1..) = from.read(&mut input) {
        if sender.send((Instant::now() + delay, input[..octets].to_vec())).is_err() {
            return;
        }
    }
}

fn give(mut to: TcpStream, receiver: &Receiver<Chunk>) {
    for (due, chunk) in receiver {
        let wait = due.saturating_duration_since(Instant::now());
        if wait > SLACK {
            thread::sleep(wait);
        }
        if to.write_all(&chunk).is_err() {
            break;
        }
    }
    // The other direction may be closed already.
    let _ = to.shutdown(Shutdown::Both);
}

/// Listens and serves forever.
pub(crate) fn run(listen: SocketAddr, to: SocketAddr, rtt: Duration) -> Result<()> {
    let listener = TcpListener::bind(listen)?;
    println!("proxy on {} to {to}, round trip {rtt:?}", listener.local_addr()?);
    serve(&listener, to, rtt, &Threads::default());
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    use super::{Threads, serve};

    #[test]
    fn an_echo_takes_at_least_a_round_trip_and_an_end_is_passed_on() {
        let (far, near) =
            (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let (to, at) = (far.local_addr().unwrap(), near.local_addr().unwrap());
        let rtt = Duration::from_millis(30);
        std::thread::spawn(move || serve(&near, to, rtt, &Threads::default()));
        std::thread::spawn(move || {
            let (mut stream, mut input) = (far.accept().unwrap().0, [0; 4]);
            stream.read_exact(&mut input).unwrap();
            stream.write_all(&input).unwrap();
        });
        let mut stream = TcpStream::connect(at).unwrap();
        let (start, mut answer) = (Instant::now(), Vec::new());
        stream.write_all(b"ping").unwrap();
        stream.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, b"ping");
        assert!(start.elapsed() >= rtt);
    }
}
