//! The proxy against an echo server and a counting server.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Fault, Proxy, Toward};

const LIMIT: Duration = Duration::from_secs(10);
/// Time in which nothing must arrive.
const QUIET: Duration = Duration::from_millis(100);

/// Echoes everything until its client closes.
struct Echo {
    address: SocketAddr,
    _serving: JoinSet<()>,
}

impl Echo {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut clients = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                clients.spawn(async move {
                    let (mut from, mut to) = client.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                    let _ = to.shutdown().await;
                });
            }
        });
        Self { address, _serving: serving }
    }
}

async fn pair() -> (Echo, Proxy, TcpStream) {
    let echo = Echo::open().await;
    let proxy = Proxy::to(echo.address).await;
    let client = TcpStream::connect(proxy.address()).await.unwrap();
    (echo, proxy, client)
}

/// The data until the end of the connection, and how it ended.
async fn rest(client: &mut TcpStream) -> (Vec<u8>, Result<(), std::io::ErrorKind>) {
    let mut octets = Vec::new();
    let ended = timeout(LIMIT, client.read_to_end(&mut octets)).await.unwrap();
    (octets, ended.map(|_| ()).map_err(|error| error.kind()))
}

async fn says(client: &mut TcpStream, text: &[u8]) {
    client.write_all(text).await.unwrap();
    let mut back = vec![0; text.len()];
    timeout(LIMIT, client.read_exact(&mut back)).await.unwrap().unwrap();
    assert_eq!(back, text);
}

async fn is_quiet(client: &mut TcpStream) {
    let mut octet = [0];
    assert!(timeout(QUIET, client.read(&mut octet)).await.is_err(), "something came");
}

#[tokio::test]
async fn forwards_and_counts_all_octets() {
    let (_echo, proxy, mut client) = pair().await;
    let text: Vec<u8> = (0..1_000_000_u32).map(|at| at.to_le_bytes()[0]).collect();
    let (mut from, mut to) = client.split();
    let send = async {
        to.write_all(&text).await.unwrap();
        to.shutdown().await.unwrap();
    };
    let mut back = Vec::new();
    let (read, ()) = tokio::join!(timeout(LIMIT, from.read_to_end(&mut back)), send);
    read.unwrap().unwrap();
    assert!(back == text);
    assert_eq!(
        (proxy.passed(Toward::Server), proxy.passed(Toward::Client)),
        (1_000_000, 1_000_000)
    );
    assert_eq!(proxy.accepted(), 1);
}

#[tokio::test]
async fn a_cut_happens_once_after_its_octet() {
    let (_echo, proxy, mut client) = pair().await;
    says(&mut client, b"hello").await;
    proxy.after(3, Toward::Client, Fault::Cut);
    client.write_all(b"world").await.unwrap();
    let (octets, ended) = rest(&mut client).await;
    assert_eq!((octets.as_slice(), ended), (&b"wor"[..], Err(std::io::ErrorKind::ConnectionReset)));
    timeout(LIMIT, proxy.struck(1)).await.unwrap();
    assert_eq!((proxy.passed(Toward::Server), proxy.passed(Toward::Client)), (10, 8));

    let mut again = TcpStream::connect(proxy.address()).await.unwrap();
    says(&mut again, b"once more").await;
}

#[tokio::test]
async fn a_cut_does_not_wait_for_the_next_octet_unless_it_is_to_be_before_it() {
    let (_echo, proxy, mut client) = pair().await;
    proxy.after(5, Toward::Server, Fault::Cut);
    client.write_all(b"hello").await.unwrap();
    assert!(rest(&mut client).await.1.is_err());

    let mut again = TcpStream::connect(proxy.address()).await.unwrap();
    says(&mut again, b"hello").await;
    proxy.after(0, Toward::Server, Fault::Cut);
    is_quiet(&mut again).await;
    again.write_all(b"!").await.unwrap();
    assert!(rest(&mut again).await.1.is_err());
    assert_eq!(proxy.passed(Toward::Server), 10, "an octet was forwarded");
}

#[tokio::test]
async fn an_immediate_cut_resets_all_connections() {
    let (_echo, proxy, mut client) = pair().await;
    let mut other = TcpStream::connect(proxy.address()).await.unwrap();
    says(&mut client, b"hello").await;
    says(&mut other, b"hello").await;
    assert_eq!(proxy.open(), 2);
    proxy.now(Toward::Client, Fault::Cut);
    assert!(rest(&mut client).await.1.is_err());
    assert!(rest(&mut other).await.1.is_err());
    assert_eq!(proxy.open(), 0);
    let mut late = TcpStream::connect(proxy.address()).await.unwrap();
    says(&mut late, b"hello").await;
}

#[tokio::test]
async fn a_half_closed_connection_continues_in_the_other_direction() {
    let (_echo, proxy, mut client) = pair().await;
    proxy.after(3, Toward::Client, Fault::HalfClose);
    client.write_all(b"hello").await.unwrap();
    let (octets, ended) = rest(&mut client).await;
    assert_eq!((octets.as_slice(), ended), (&b"hel"[..], Ok(())));
    client.write_all(b" still").await.unwrap();
    timeout(LIMIT, async {
        while proxy.passed(Toward::Server) < 11 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();

    let mut other = TcpStream::connect(proxy.address()).await.unwrap();
    says(&mut other, b"hello").await;
    proxy.now(Toward::Server, Fault::HalfClose);
    assert_eq!(rest(&mut other).await, (vec![], Ok(())), "the echo ends when its input does");
}

#[tokio::test]
async fn a_stall_is_silent_and_ends_when_mended() {
    let (_echo, proxy, mut client) = pair().await;
    proxy.after(2, Toward::Client, Fault::Stall);
    client.write_all(b"hello").await.unwrap();
    let mut begin = [0; 2];
    timeout(LIMIT, client.read_exact(&mut begin)).await.unwrap().unwrap();
    is_quiet(&mut client).await;
    let mut other = TcpStream::connect(proxy.address()).await.unwrap();
    other.write_all(b"me too").await.unwrap();
    is_quiet(&mut other).await;
    proxy.mend();
    let mut end = [0; 3];
    timeout(LIMIT, client.read_exact(&mut end)).await.unwrap().unwrap();
    assert_eq!(&end, b"llo");
    let mut all = [0; 6];
    timeout(LIMIT, other.read_exact(&mut all)).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_stall_gives_back_pressure_to_the_writer() {
    let (_echo, proxy, mut client) = pair().await;
    proxy.now(Toward::Server, Fault::Stall);
    let flood = async {
        let chunk = vec![0; 1 << 20];
        for _ in 0..64 {
            client.write_all(&chunk).await.unwrap();
        }
    };
    assert!(timeout(Duration::from_secs(1), flood).await.is_err(), "64 MiB went somewhere");
}

#[tokio::test]
async fn new_connections_are_reset_while_it_refuses() {
    let (_echo, proxy, mut client) = pair().await;
    says(&mut client, b"hello").await;
    proxy.refuse();
    let mut other = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(rest(&mut other).await.1.is_err());
    says(&mut client, b"who is there stays").await;
    proxy.mend();
    let mut other = TcpStream::connect(proxy.address()).await.unwrap();
    says(&mut other, b"hello").await;
    assert_eq!(proxy.accepted(), 2);
}

#[tokio::test]
async fn an_unreachable_server_looks_like_a_dead_one() {
    let (echo, proxy, mut client) = pair().await;
    says(&mut client, b"hello").await;
    drop(echo);
    let (octets, _) = rest(&mut client).await;
    assert!(octets.is_empty(), "{octets:?}");
    let mut other = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(rest(&mut other).await.1.is_err());
}

#[tokio::test]
async fn a_delay_applies_per_octet_not_per_write() {
    let (_echo, proxy, mut client) = pair().await;
    proxy.delay(Toward::Server, Duration::from_millis(50));
    proxy.delay(Toward::Client, Duration::from_millis(50));
    // The pending read began before the delay.
    says(&mut client, b"x").await;
    let begun = Instant::now();
    for _ in 0..50 {
        client.write_all(b"x").await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut back = [0; 50];
    timeout(LIMIT, client.read_exact(&mut back)).await.unwrap().unwrap();
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(100), "{took:?}");
    assert!(took < Duration::from_secs(1), "one after the other: {took:?}");
}
