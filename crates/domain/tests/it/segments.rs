//! Number of parts by npm `sms-segments-calculator` (scripts/peers/segments) and by us, E9.
//!
//! The calculator never splits a grapheme cluster, and so may count more parts than the octets need. For texts with
//! clusters of several characters (Thai vowels, skin tones) its count is compared with its own rule, recomputed from the
//! clusters it returns, and ours must not be higher. Otherwise the counts must be equal.

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

use domain::text::{Encoding, Policy, measure};
use serde::Deserialize;

use crate::corpus::Corpus;

const SEED: u64 = 0x5EED_0001;
const TEXTS: usize = 6_000;

#[derive(Debug, Deserialize)]
struct Answer {
    encoding: String,
    segments: usize,
    /// UTF-16 units of each grapheme cluster.
    graphemes: Vec<usize>,
}

#[test]
fn an_independent_calculator_counts_the_same_parts() {
    println!("seed {SEED:#x}");
    let texts = texts();
    let answers = ask(&texts);
    assert_eq!(answers.len(), texts.len());
    let (mut whole, mut clustered) = (0, 0);
    for (text, answer) in texts.iter().zip(&answers) {
        let ours = measure(text, &Policy::default()).unwrap();
        let parts = usize::from(ours.parts);
        let encoding = if ours.encoding == Encoding::Ucs2 { "UCS-2" } else { "GSM-7" };
        assert_eq!(encoding, answer.encoding, "{text:?}");
        if answer.graphemes.len() == ours.chars {
            whole += 1;
            assert_eq!(parts, answer.segments, "{text:?}");
        } else {
            clustered += 1;
            assert_eq!(keeping_clusters_whole(&answer.graphemes), answer.segments, "{text:?}");
            assert!(parts <= answer.segments, "{text:?}");
        }
    }
    println!("{whole} texts equal, {clustered} with clusters");
    assert!(whole > TEXTS / 2 && clustered > TEXTS / 20, "{whole} {clustered}");
}

/// The calculator's rule for UCS-2: 70 units in a single part, else 67 in each, no cluster split.
fn keeping_clusters_whole(graphemes: &[usize]) -> usize {
    if graphemes.iter().sum::<usize>() <= 70 {
        return 1;
    }
    let (mut parts, mut used) = (1, 0);
    for units in graphemes {
        used += units;
        if used > 67 {
            parts += 1;
            used = *units;
        }
    }
    parts
}

fn ask(texts: &[String]) -> Vec<Answer> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../scripts/peers/segments");
    assert!(
        folder.join("node_modules/sms-segments-calculator").is_dir(),
        "the peer {} is not installed: run ./scripts/test",
        folder.display()
    );
    let mut node = Command::new("node")
        .arg("segments.js")
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is needed for this test: run ./scripts/test");
    let mut lines = String::new();
    for text in texts {
        lines.push_str(&serde_json::to_string(text).unwrap());
        lines.push('\n');
    }
    // The script answers only after the end of its input, so this cannot block on a full pipe.
    node.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "the peer failed: {}", output.status);
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Texts in many alphabets, most with a length near a part boundary.
fn texts() -> Vec<String> {
    let ascii: Vec<char> = ('a'..='z').chain('A'..='Z').chain(" .,!?@$_\n\r".chars()).collect();
    let danish: Vec<char> = "abcdefghijklmnoprstuvyæøåÆØÅ é.".chars().collect();
    let western: Vec<char> = "aàèéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà£¥".chars().collect();
    let extension: Vec<char> = "abcdefgh{}[]\\|^~€\u{0C}".chars().collect();
    let thai: Vec<char> = "กขคงจฉชซญฐณดตถทธนบปผพภมยรลวศษสหอฮเแโไใ ".chars().collect();
    let marked: Vec<char> = "กขคงจดตนบปมยรลวสหอัาิีึืุู่้ เแ".chars().collect();
    let cyrillic: Vec<char> = "абвгдежзиклмнопрстуфхцчшщыэюя ".chars().collect();
    let emoji: Vec<char> = "😀😂🚀🌍🎉 abc".chars().collect();
    let joined: Vec<char> = "👍🏽👨\u{200D}👩👧e\u{301} ab".chars().collect();
    let mixed: Vec<char> = "aæก😀{€я`ç\u{A0}".chars().collect();
    let alphabets =
        [&ascii, &danish, &western, &extension, &thai, &marked, &cyrillic, &emoji, &joined, &mixed];
    let edges = [1, 35, 67, 70, 134, 153, 160, 201, 306, 459, 612];

    let mut corpus = Corpus::new(SEED);
    (0..TEXTS)
        .map(|index| {
            let alphabet = alphabets[index % alphabets.len()];
            let length = match corpus.below(4) {
                0 => 1 + corpus.below(700),
                _ => (corpus.pick(&edges) + corpus.below(9)).saturating_sub(4).max(1),
            };
            // Plain filler places escapes and emoji at the boundaries.
            let filling = corpus.pick(&['a', alphabet[0]]);
            let density = corpus.pick(&[1, 4, 40, 200]);
            let mut text = String::new();
            for _ in 0..length {
                text.push(if corpus.below(density) == 0 { corpus.pick(alphabet) } else { filling });
            }
            text
        })
        .collect()
}
