//! The rules of the fuzzers in `fuzz/`, run with every `cargo test` on the committed corpus, all past findings and
//! random octets. `fuzz/run` searches for new findings.

mod frames;
mod pdus;
mod receipts;
mod sessions;

use std::fs;
use std::path::PathBuf;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::golden;

type Rule = fn(&[u8]);

const RULES: [(&str, Rule); 4] = [
    ("frames", frames::run),
    ("pdus", pdus::run),
    ("receipts", receipts::run),
    ("sessions", sessions::run),
];

/// Receipt texts of the main shapes; `receipt::corpus` has them all.
const TEXTS: [&[u8]; 6] = [
    b"id:0123456789 sub:001 dlvrd:001 submit date:2611212200 done date:2611212201 stat:DELIVRD err:000 text:Hello",
    b"id:0118Z-0122I sub:001 dlvrd:000 submitdate:261121220000 donedate:000000000000 stat:REJECTED err:012 text:",
    b"id: 77 sub: submit date:20261121220000 done date:20261121220105 stat:0 err: 0 Text:stat:EXPIRED",
    b"ID:1,STAT:ACKED,ERR:21b\0",
    b"261121220000004+",
    b"000007233429000R",
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// Each seed's target, name and octets.
fn seeds() -> Vec<(&'static str, String, Vec<u8>)> {
    let mut seeds = Vec::new();
    let (mut stream, mut session) = (vec![7], vec![0, 5, 5]);
    for golden::Golden { name, bytes } in golden::all() {
        stream.extend_from_slice(&bytes);
        seeds.push(("pdus", name, bytes.to_vec()));
    }
    seeds.push(("frames", "all_kinds".to_owned(), stream.clone()));
    stream.truncate(stream.len() - 5);
    stream.extend_from_slice(&[0, 0, 0, 15, 0, 0, 0, 0]);
    seeds.push(("frames", "a_length_that_cannot_be".to_owned(), stream));
    for (number, text) in TEXTS.iter().enumerate() {
        let mut seed = vec![0x04, u8::try_from(text.len()).unwrap()];
        seed.extend_from_slice(text);
        seed.extend_from_slice(
            b"\x00\x1e\x00\x03abc\x04\x27\x00\x01\x05\x04\x23\x00\x03\x03\x01\x2c",
        );
        seeds.push(("receipts", format!("text_{number}"), seed));
        seeds.push(("receipts", format!("bare_{number}"), text.to_vec()));
    }
    // Bound, eight requests, time, answers, deliveries, an unbind.
    session.extend_from_slice(&[
        1, 1, 0, 0, 5, b's', b'm', b's', b'c', 0, 7, 8, 5, 40, 2, 6, 0, 1, 2, b'1', 0,
    ]);
    session.extend_from_slice(&[3, 7, 0, 200, 0, 8, 1, 5, 90, 9, 3, 10, 1, 12, 0, 4, 0]);
    seeds.push(("sessions", "a_client".to_owned(), session.clone()));
    session[0] = 1;
    seeds.push(("sessions", "a_server".to_owned(), session));
    seeds
}

#[test]
fn the_corpus_and_all_findings_pass() {
    let mut replayed = 0;
    for (target, rule) in RULES {
        for kind in ["corpus", "found"] {
            let Ok(entries) = fs::read_dir(folder().join(kind).join(target)) else { continue };
            for entry in entries {
                let path = entry.unwrap().path();
                println!("{}", path.display());
                rule(&fs::read(path).unwrap());
                replayed += 1;
            }
        }
    }
    assert!(replayed >= seeds().len(), "only {replayed} files: the corpus is missing");
}

#[test]
fn the_committed_seeds_are_up_to_date() {
    for (target, name, octets) in seeds() {
        let path = folder().join("corpus").join(target).join(&name);
        let there = fs::read(&path).unwrap_or_default();
        let how = "cargo test -p smpp writes_the_seeds -- --ignored";
        assert!(there == octets, "{} is not up to date: {how}", path.display());
    }
}

#[test]
#[ignore = "writes into fuzz/corpus; run after a change of the golden PDUs"]
fn writes_the_seeds() {
    for (target, name, octets) in seeds() {
        let folder = folder().join("corpus").join(target);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), octets).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn random_octets_pass(octets in vec(any::<u8>(), 0..600)) {
        for (_, rule) in RULES {
            rule(&octets);
        }
    }

    /// Mostly small octets, so that lengths, flags and choices are often valid.
    #[test]
    fn random_steps_of_a_session_pass(octets in vec(prop_oneof![0u8..16, any::<u8>()], 0..800)) {
        sessions::run(&octets);
        frames::run(&octets);
    }
}
