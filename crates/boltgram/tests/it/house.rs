//! Allowed dependencies. A new edge or a new crate is a decision: record it in `docs/adr/`, then
//! here.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

/// Each workspace crate, and the workspace crates that it may depend on.
const MAY_DEPEND_ON: [(&str, &[&str]); 12] = [
    ("domain", &[]),
    ("smpp", &[]),
    ("store", &["domain"]),
    ("lightning", &["domain"]),
    ("suppliers", &["domain"]),
    ("fetch", &["domain"]),
    ("engine", &["domain"]),
    ("carriers", &["domain", "smpp"]),
    ("http", &["domain", "engine"]),
    ("api", &["domain", "engine", "http", "smpp"]),
    (
        "boltgram",
        &[
            "domain",
            "smpp",
            "store",
            "lightning",
            "suppliers",
            "fetch",
            "engine",
            "carriers",
            "http",
            "api",
        ],
    ),
    ("testkit", &["domain", "smpp"]),
];

/// Dependencies of tests only: testkit for every crate, a real store for `api`, the real client for addresses of
/// others for `lightning`.
const FOR_TESTS: [(&str, Option<&str>); 3] =
    [("testkit", None), ("store", Some("api")), ("fetch", Some("lightning"))];

/// Libraries restricted to one layer, and the crates that may use them.
const KNOWN_ONLY_TO: [(&str, &[&str]); 12] = [
    ("rusqlite", &["store"]),
    ("tokio-postgres", &["store"]),
    ("tokio-postgres-rustls", &["store"]),
    ("axum", &["http", "api"]),
    ("hyper", &["http", "fetch"]),
    ("ipnet", &["http"]),
    ("tower-http", &["http", "api"]),
    ("clap", &["boltgram"]),
    ("toml", &["boltgram"]),
    ("lettre", &["carriers"]),
    ("reqwest", &["lightning"]),
    ("lightning-invoice", &["lightning"]),
];

pub(crate) static METADATA: LazyLock<Value> =
    LazyLock::new(|| metadata(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml")));

/// What cargo knows of a workspace.
pub(crate) fn metadata(manifest: &str) -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--manifest-path", manifest])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

struct Crate {
    name: String,
    normal: BTreeSet<String>,
    for_tests: BTreeSet<String>,
    for_build: BTreeSet<String>,
}

/// The crates of the workspace.
fn crates() -> Vec<Crate> {
    let members: BTreeSet<_> =
        METADATA["workspace_members"].as_array().unwrap().iter().map(|id| id.as_str()).collect();
    let packages = METADATA["packages"].as_array().unwrap().iter();
    packages.filter(|package| members.contains(&package["id"].as_str())).map(read_crate).collect()
}

fn read_crate(package: &Value) -> Crate {
    let of_kind = |kind: Option<&str>| {
        let all = package["dependencies"].as_array().unwrap().iter();
        all.filter(|dependency| dependency["kind"].as_str() == kind)
            .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
            .collect()
    };
    Crate {
        name: package["name"].as_str().unwrap().to_owned(),
        normal: of_kind(None),
        for_tests: of_kind(Some("dev")),
        for_build: of_kind(Some("build")),
    }
}

#[test]
fn every_crate_is_in_the_table_and_every_row_is_a_crate() {
    let there: BTreeSet<_> = crates().into_iter().map(|found| found.name).collect();
    let listed = MAY_DEPEND_ON.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(there, listed);
}

#[test]
fn crates_depend_on_whom_they_may() {
    let table: BTreeMap<_, _> = MAY_DEPEND_ON.into_iter().collect();
    for Crate { name, normal, for_tests, for_build } in crates() {
        let allowed = table[name.as_str()];
        for (other, _) in MAY_DEPEND_ON {
            let may = allowed.contains(&other);
            assert!(may || !normal.contains(other), "{name} may not depend on {other}");
            let added = |(crate_name, by): &(&str, Option<&str>)| {
                *crate_name == other && by.is_none_or(|by| by == name)
            };
            let may_in_tests = may || FOR_TESTS.iter().any(added);
            assert!(may_in_tests || !for_tests.contains(other), "{name} tests with {other}");
        }
        assert!(for_build.is_empty(), "{name} has build dependencies: {for_build:?}");
    }
}

#[test]
fn layers_know_their_own_libraries_only() {
    for Crate { name, normal, .. } in crates() {
        for (library, knowing) in KNOWN_ONLY_TO {
            let may = knowing.contains(&name.as_str());
            assert!(may || !normal.contains(library), "{name} may not use {library}");
        }
    }
}
