//! Large, oversized, slow and incomplete bodies.

use std::time::Duration;

use api::HttpSettings;
use domain::money::Msat;
use domain::ports::RecipientList;
use http::Pace;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Acme, SEND};
use crate::client::{Answer, answer, connect};
use crate::house::sats;

const SHORT: Duration = Duration::from_millis(200);

/// A body with these numbers, followed by the text.
fn body(numbers: impl Iterator<Item = u64>) -> String {
    let mut body = r#"{"msisdns":["#.to_owned();
    for number in numbers {
        body += &format!("\"{number}\",");
    }
    body.pop();
    body + r#"],"sender":"ACME","content":"Hello"}"#
}

async fn begin(acme: &Acme, length: usize) -> TcpStream {
    begin_as(acme, &acme.key, length).await
}

async fn begin_as(acme: &Acme, key: &str, length: usize) -> TcpStream {
    let mut stream = connect(acme.open.address).await;
    let head = format!(
        "POST {SEND} HTTP/1.1\r\nHost: x\r\nX-API-Key: {}\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n",
        key
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// The response, and the number of bytes written before it.
async fn write_until_answered(stream: &mut TcpStream, body: &[u8]) -> (String, usize) {
    let (mut reading, mut writing) = stream.split();
    let mut answer = Vec::new();
    let write = async {
        let mut written = 0;
        for piece in body.chunks(1 << 20) {
            if writing.write_all(piece).await.is_err() {
                break;
            }
            written += piece.len();
        }
        written
    };
    let (written, _) = tokio::join!(write, reading.read_to_end(&mut answer));
    (String::from_utf8_lossy(&answer).into_owned(), written)
}

#[tokio::test]
async fn two_million_numbers_are_taken_and_one_more_is_not() {
    let acme = Acme::with_credit(2_000_000).await;
    let from = 66_810_000_000;
    let all = body(from..from + 2_000_000);
    let answer = acme.post(SEND, &all).await;
    assert_eq!((answer.status, &answer.json()["total"]), (200, &2_000_000.into()), "{answer}");
    let new = acme.last().await;
    assert_eq!(new.counts.pending, 2_000_000);
    for first in [0, 1_000_000, 1_999_000] {
        let list = RecipientList { first, limit: 1_000, ..RecipientList::default() };
        let page = acme.open.house.store.bulk_recipients(new.id, list).await.unwrap();
        let told: Vec<_> = page.recipients.iter().map(|one| one.address.clone()).collect();
        let sent: Vec<_> =
            (from..).skip(first as usize).take(1_000).map(|n| n.to_string()).collect();
        assert_eq!(told, sent, "in the order of the request");
    }

    let more = body(from..from + 2_000_001);
    let refused = acme.post(SEND, &more).await;
    assert_eq!(refused.status, 400, "{refused}");
    insta::assert_snapshot!(refused.body);
    assert_eq!(acme.last().await.id, new.id);
}

#[tokio::test]
async fn two_million_times_the_same_number_is_one() {
    let acme = Acme::with_credit(1).await;
    let answer = acme.post(SEND, &body(std::iter::repeat_n(66_812_345_678, 2_000_000))).await;
    assert_eq!((answer.status, &answer.json()["total"]), (200, &1.into()), "{answer}");
}

#[tokio::test]
async fn too_many_numbers_are_refused_without_reading_on() {
    let acme = Acme::new().await;
    // Short numbers: the limit is reached long before the end of the body.
    let body = format!(r#"{{"msisdns":[{}1]}}"#, "1,".repeat(30_000_000));
    let mut stream = begin(&acme, body.len()).await;
    let (answer, written) = write_until_answered(&mut stream, body.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("at most 2000000"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(written < body.len(), "the server read the whole body");
}

#[tokio::test]
async fn what_is_wrong_in_a_large_body_ends_the_reading() {
    let acme = Acme::new().await;
    let padding = "0812345678\",\"".repeat(10_000);
    for (beginning, why) in [
        (r#"{"msisdns":[{"number":""#, "list of strings"),
        (r#"{"msisdns":[""#, "not valid JSON"),
        (r#"[[[[[[[[[[[[[[[[[[""#, "nested too deep"),
        (r#"{"msisdns":["0812345678"],"content":5,""#, "`content` must be a string"),
    ] {
        let broken = if why == "not valid JSON" { "\u{1}" } else { "" };
        let body = format!("{beginning}{padding}{broken}{padding}");
        let answer = acme.post(SEND, &body).await;
        assert!(answer.status == 400 && answer.body.contains(why), "{why}: {answer}");
    }
    let long = format!(r#"{{"content":"{}"}}"#, "x".repeat(200_000));
    let answer = acme.post(SEND, &long).await;
    assert!(answer.body.contains("a string that is too long"), "{answer}");
    assert_eq!(acme.open.changes(), 0);
}

/// An invalid body is refused at once, even if the client then stops sending.
#[tokio::test]
async fn what_is_wrong_is_told_while_the_rest_is_awaited() {
    let acme = Acme::new().await;
    let mut stream = begin(&acme, 60_000_000).await;
    // The parser reads a few bytes ahead before it fails.
    let begun = format!(r#"{{"msisdns":[{}{{}},[],[],[]"#, r#""0812345678","#.repeat(10_000));
    stream.write_all(begun.as_bytes()).await.unwrap();
    let refused = answer(&mut stream).await;
    assert_eq!((refused.status, &refused.json()["code"]), (400, &"INVALID_PARAMS".into()));
}

#[tokio::test]
async fn a_body_too_large_is_refused_before_it_is_read() {
    let acme = Acme::new().await;
    let mut stream = begin(&acme, 64 * 1_024 * 1_024 + 1).await;
    insta::assert_snapshot!(answer(&mut stream).await);
}

#[tokio::test]
async fn chunks_without_end_are_refused() {
    let http = HttpSettings { bulk_body_bytes_max: 200_000, ..HttpSettings::default() };
    let acme = Acme::of(sats(100), http).await;
    let mut stream = connect(acme.open.address).await;
    let mut bytes = format!(
        "POST {SEND} HTTP/1.1\r\nHost: x\r\nX-API-Key: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        acme.key
    );
    bytes += &format!("{:x}\r\n{{\"msisdns\":[\r\n", 12);
    for _ in 0..300 {
        bytes += &format!("400\r\n{}\r\n", " ".repeat(1_024));
    }
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let refused = answer(&mut stream).await;
    assert_eq!((refused.status, &refused.json()["code"]), (413, &"PAYLOAD_TOO_LARGE".into()));
}

#[tokio::test]
async fn a_body_cut_in_the_middle_is_no_message() {
    let acme = Acme::with_credit(100_000).await;
    let whole = body(66_810_000_000..66_810_050_000);
    for cut in [10, 60_000, whole.len() / 2, whole.len() - 1] {
        let mut stream = begin(&acme, whole.len()).await;
        stream.write_all(&whole.as_bytes()[..cut]).await.unwrap();
        stream.shutdown().await.unwrap();
        let _ = crate::client::read_to_end(&mut stream).await;
    }
    // Also cut by a reset.
    let mut stream = begin(&acme, whole.len()).await;
    stream.write_all(&whole.as_bytes()[..300_000]).await.unwrap();
    drop(stream);
    assert_eq!(acme.post(SEND, &whole).await.status, 200);
    assert_eq!(acme.open.changes(), 1);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let http = HttpSettings { read_timeout: SHORT, ..HttpSettings::default() };
    let acme = Acme::of(sats(10_000_000), http).await;
    let whole = body(66_810_000_000..66_810_050_000);
    for cut in [0, 1_000, 300_000] {
        let mut stream = begin(&acme, whole.len()).await;
        stream.write_all(&whole.as_bytes()[..cut]).await.unwrap();
        let refused = answer(&mut stream).await;
        let code = refused.json()["code"].clone();
        assert_eq!((refused.status, code), (408, "REQUEST_TIMEOUT".into()), "{cut}");
    }
    assert_eq!(acme.open.changes(), 0);
}

#[tokio::test]
async fn all_of_a_body_must_come_in_time() {
    let http = HttpSettings { bulk_read_timeout: SHORT, ..HttpSettings::default() };
    let acme = Acme::of(sats(10_000_000), http).await;
    let whole = body(66_810_000_000..66_810_050_000);
    let mut stream = begin(&acme, whole.len()).await;
    stream.write_all(&whole.as_bytes()[..300_000]).await.unwrap();
    assert_eq!(answer(&mut stream).await.status, 408);
}

/// Starts requests until one is refused, that is, until the earlier ones are being read.
async fn refused(acme: &Acme, key: &str, length: usize) -> Answer {
    loop {
        let mut stream = begin_as(acme, key, length).await;
        if let Ok(refused) = tokio::time::timeout(SHORT, answer(&mut stream)).await {
            return refused;
        }
    }
}

#[tokio::test]
async fn who_is_read_twice_waits_outside_and_so_does_a_fifth_of_anybody() {
    let patient = Pace { bytes_per_second: 1, grace: Duration::from_secs(3_600) };
    let http = HttpSettings { upload_pace_fair: patient, ..HttpSettings::default() };
    let acme = Acme::of(sats(10_000_000), http).await;
    let another = || acme.open.house.key(Msat::ZERO, "*", None);
    let others = [another().await, another().await, another().await];
    let whole = body(66_810_000_000..66_810_050_000);
    let mut reading = Vec::new();
    // An upload takes its slot as soon as its key is found.
    let reads = async |key: &str| {
        let before = acme.open.house.gate.accesses();
        let mut stream = begin_as(&acme, key, whole.len()).await;
        let found = async {
            while acme.open.house.gate.accesses() == before {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), found).await.unwrap();
        stream.write_all(&whole.as_bytes()[..100_000]).await.unwrap();
        stream
    };
    reading.push(reads(&acme.key).await);
    reading.push(reads(&acme.key).await);
    insta::assert_snapshot!("a_third_of_one", refused(&acme, &acme.key, whole.len()).await);
    reading.push(reads(&others[0]).await);
    reading.push(reads(&others[1]).await);
    insta::assert_snapshot!("a_fifth", refused(&acme, &others[2], whole.len()).await);
    let small = acme.post(SEND, &super::to(&["0812345678"])).await;
    assert_eq!(small.status, 200, "small requests are always accepted");
    for mut stream in reading {
        stream.write_all(&whole.as_bytes()[100_000..]).await.unwrap();
        let taken = answer(&mut stream).await;
        assert!(matches!(taken.status, 200 | 402 | 403), "{taken}");
    }
    assert_eq!(acme.post(SEND, &whole).await.status, 402, "the slots are free again");
}

/// Sends a byte of white space now and then until it is answered.
async fn drip(stream: &mut TcpStream) -> Answer {
    let (mut reading, mut writing) = stream.split();
    let drip = async {
        while writing.write_all(b" ").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
        std::future::pending::<()>().await;
    };
    let mut got = Vec::new();
    tokio::select! {
        _ = reading.read_to_end(&mut got) => {}
        () = drip => {}
    }
    Answer::parse(&got)
}

#[tokio::test]
async fn a_body_that_drips_is_refused_although_it_never_pauses() {
    let upload_pace = Pace { bytes_per_second: 1 << 20, grace: SHORT };
    let http = HttpSettings { upload_pace, ..HttpSettings::default() };
    let acme = Acme::of(sats(10_000_000), http).await;
    let whole = body(66_810_000_000..66_810_050_000);
    let mut stream = begin(&acme, whole.len()).await;
    stream.write_all(&whole.as_bytes()[..100_000]).await.unwrap();
    let refused = drip(&mut stream).await;
    let code = refused.json()["code"].clone();
    assert_eq!((refused.status, code), (408, "REQUEST_TIMEOUT".into()), "{refused}");
    assert!(refused.body.contains("1048576 bytes per second"), "{refused}");
    assert_eq!(acme.open.changes(), 0);
}

#[tokio::test]
async fn slow_bodies_of_two_accounts_keep_no_third_one_out() {
    let upload_pace_fair = Pace { bytes_per_second: 1 << 30, grace: Duration::ZERO };
    let http = HttpSettings { upload_pace_fair, ..HttpSettings::default() };
    let acme = Acme::of(sats(10_000_000), http).await;
    let another = || acme.open.house.key(Msat::ZERO, "*", None);
    let slow = [another().await, another().await];
    let whole = body(66_810_000_000..66_810_050_000);
    let mut held = Vec::new();
    for key in [&slow[0], &slow[0], &slow[1], &slow[1]] {
        let before = acme.open.house.gate.accesses();
        let mut stream = begin_as(&acme, key, whole.len()).await;
        let found = async {
            while acme.open.house.gate.accesses() == before {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), found).await.unwrap();
        stream.write_all(&whole.as_bytes()[..100_000]).await.unwrap();
        held.push(stream);
    }
    let taken = acme.post(SEND, &whole).await;
    assert_eq!(taken.status, 200, "{taken}");
    // One of the four lost its place, and the others go on.
    let mut answers = Vec::new();
    for stream in &mut held {
        let _ = stream.write_all(&whole.as_bytes()[100_000..]).await;
        answers.push(answer(stream).await);
    }
    let lost: Vec<_> = answers.iter().filter(|answer| answer.status == 408).collect();
    assert_eq!(lost.len(), 1, "{answers:?}");
    assert_eq!(lost[0].json()["code"], "REQUEST_TIMEOUT");
    assert!(lost[0].body.contains("others waited"), "{}", lost[0]);
}
