//! Every linked library has a licence that permits distribution of this program.

use std::path::Path;

use serde_json::Value;

use super::house::{METADATA, metadata};

const PERMISSIVE: [&str; 16] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MITNFA",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// Libraries under MPL-2.0, which requires only their own sources to be available.
const MPL_2: [&str; 1] = ["option-ext"];

#[test]
fn every_licence_is_permissive() {
    assert_all_permissive(&METADATA);
}

/// The Lightning node, a workspace of its own.
#[test]
fn every_licence_of_the_lightning_node_is_permissive() {
    let manifest = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../ldk/Cargo.toml"));
    if manifest.exists() {
        assert_all_permissive(&metadata(manifest.to_str().unwrap()));
    }
}

fn assert_all_permissive(metadata: &Value) {
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or("none");
        let allowed = permits(licence) || (licence == "MPL-2.0" && MPL_2.contains(&name));
        assert!(allowed, "{name} has the licence {licence}");
    }
}

/// Whether permissive licences alone satisfy an SPDX expression.
fn permits(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = expression.split_whitespace().peekable();
    let met = any(&mut words);
    met && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>) -> bool {
    let mut met = all(words);
    while words.next_if_eq(&"OR").is_some() {
        met |= all(words);
    }
    met
}

fn all(words: &mut Words<'_>) -> bool {
    let mut met = one(words);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words);
    }
    met
}

fn one(words: &mut Words<'_>) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let met = any(words);
        return words.next_if_eq(&")").is_some() && met;
    }
    let Some(licence) = words.next() else { return false };
    if words.next_if_eq(&"WITH").is_some() {
        let exception = words.next().unwrap_or_default();
        return PERMISSIVE.contains(&format!("{licence} WITH {exception}").as_str());
    }
    PERMISSIVE.contains(&licence)
}

#[test]
fn reads_licence_expressions() {
    for good in [
        "MIT",
        "MIT OR GPL-3.0",
        "MIT/Apache-2.0",
        "(MIT OR GPL-3.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
    ] {
        assert!(permits(good), "{good}");
    }
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "", "(MIT", "AGPL-3.0-only OR LGPL-3.0"] {
        assert!(!permits(bad), "{bad}");
    }
}
