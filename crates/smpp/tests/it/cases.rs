//! `docs/smpp-cases.md` names every case once, and every test that it names exists.

use std::fs;
use std::path::{Path, PathBuf};

/// The letters of the cases, and the number of cases of each.
const CASES: [(char, usize); 6] = [('S', 19), ('W', 13), ('R', 19), ('M', 10), ('E', 10), ('V', 9)];

fn house() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The rows: a case's id, and its tests.
fn rows(table: &str) -> impl Iterator<Item = (&str, &str)> {
    table.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
        let (id, _, held) = (cells.next()?, cells.next()?, cells.next()?);
        id.ends_with(|last: char| last.is_ascii_digit()).then_some((id, held))
    })
}

/// The file of `crate::module::…::test`, and the test's name. A module `tests` is in the file of its parent.
fn place(path: &str) -> Option<(PathBuf, &str)> {
    let (modules, test) = path.rsplit_once("::")?;
    let mut modules: Vec<&str> = modules.split("::").collect();
    let krate = house().join("crates").join(modules.remove(0));
    let root = if modules.first() == Some(&"it") { "tests" } else { "src" };
    let folder = |modules: &[&str]| modules.iter().fold(krate.join(root), |at, part| at.join(part));
    let files =
        |modules: &[&str]| [folder(modules).with_extension("rs"), folder(modules).join("mod.rs")];
    let above = modules.len().saturating_sub(usize::from(modules.last() == Some(&"tests")));
    let mut candidates = files(&modules).into_iter().chain(files(&modules[..above]));
    candidates.find(|file| file.exists()).map(|file| (file, test))
}

/// Whether it is a case of a conformance suite: a function, named in the macro that turns cases into tests.
fn is_case_of_a_suite(file: &Path, lines: &[&str], test: &str) -> bool {
    let names = |list: &str| {
        let text = fs::read_to_string(file.with_file_name(list)).unwrap_or_default();
        text.lines().any(|line| line.trim() == test)
    };
    let begins = format!("pub async fn {test}(");
    file.to_string_lossy().contains("_conformance")
        && lines.iter().any(|line| line.starts_with(&begins))
        && ["mod.rs", "cases.rs"].into_iter().any(names)
}

/// Whether the file has a test of that name: a function with attributes, one in `proptest!`, or a case of a suite.
fn has_test(file: &Path, test: &str) -> bool {
    let text = fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_it = |line: &str| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        line.strip_prefix("fn ")
            .and_then(|rest| rest.strip_prefix(test))
            .is_some_and(|rest| rest.starts_with('('))
    };
    if is_case_of_a_suite(file, &lines, test) {
        return true;
    }
    let Some(at) = lines.iter().position(|line| is_it(line)) else { return false };
    lines[..at].iter().rev().take(3).any(|line| line.starts_with("#[") && line.contains("test"))
}

#[test]
fn every_case_names_an_existing_test_or_is_marked_later() {
    let table = fs::read_to_string(house().join("docs/smpp-cases.md")).unwrap();
    let mut expected = CASES
        .iter()
        .flat_map(|(letter, count)| (1..=*count).map(move |number| format!("{letter}{number}")));
    for (id, held) in rows(&table) {
        assert_eq!(Some(id.to_owned()), expected.next());
        let tests: Vec<&str> = held.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty() || held.starts_with("later ("), "{id} has no test");
        for path in tests {
            let Some((file, test)) = place(path) else { panic!("{id}: no file for {path}") };
            assert!(has_test(&file, test), "{id}: {} has no test {test}", file.display());
        }
    }
    assert_eq!(expected.next(), None);
}
