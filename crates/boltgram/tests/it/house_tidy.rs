//! Rules for every source file.

use std::fs;
use std::path::{Path, PathBuf};

/// Longer files should be split.
const LINES_MAX: usize = 400;

/// A list of names, a line each.
const LIST: &str = "crates/testkit/src/store_conformance/cases.rs";

/// Module names that do not describe the contents.
const DRAWERS: [&str; 8] =
    ["common", "helper", "helpers", "manager", "misc", "types", "util", "utils"];

/// Every Rust file below `crates/`, and of the workspace `ldk/` if it is there, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let house = crates.parent().unwrap();
    let mut folders = vec![crates.to_owned()];
    // Not all below it: what cargo builds is there, too.
    for member in house.join("ldk").read_dir().into_iter().flatten() {
        let member = member.unwrap().path();
        let of_it = ["src", "tests"].map(|name| member.join(name));
        folders.extend(of_it.into_iter().filter(|folder| folder.is_dir()));
    }
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(house).unwrap().to_owned(), text));
            }
        }
    }
    assert!(found.len() > 100, "the sources were not found");
    found
}

#[test]
fn every_file_says_what_it_is_for() {
    let mute = sources().into_iter().filter(|(_, text)| !text.starts_with("//! "));
    let mute: Vec<_> = mute.map(|(path, _)| path).collect();
    assert!(mute.is_empty(), "without //! at the beginning: {mute:#?}");
}

#[test]
fn no_file_is_too_long_to_be_read() {
    let lengths = sources().into_iter().map(|(path, text)| (path, text.lines().count()));
    let long = lengths.filter(|(path, lines)| *lines > LINES_MAX && path != Path::new(LIST));
    let long: Vec<_> = long.collect();
    assert!(long.is_empty(), "longer than {LINES_MAX} lines: {long:#?}");
}

#[test]
fn no_module_is_a_drawer() {
    for (path, _) in sources() {
        for part in path.with_extension("").iter() {
            let drawer = DRAWERS.iter().any(|drawer| part == *drawer);
            assert!(!drawer, "{} has a name that does not describe its contents", path.display());
        }
    }
}
