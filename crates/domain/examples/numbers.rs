//! Measures the parsing of two million numbers in the notations of a campaign's list.
//!
//! `cargo run --release -p domain --example numbers`

#![allow(clippy::print_stdout, reason = "an example prints its result")]

use std::time::Instant;

use domain::number::{Home, Notation, parse};

const COUNT: u32 = 2_000_000;

/// Writes the n-th number of a list.
type Write = fn(u32) -> String;

fn main() {
    let home = Notation::of(Home::from_iso("TH"));
    let lists: [(&str, Write); 5] = [
        ("national, 081…", |n| format!("08{:08}", 10_000_000 + n)),
        ("international, 668…", |n| format!("668{:08}", 10_000_000 + n)),
        ("with plus and spaces", |n| format!("+66 8{} {:07}", n % 10, n)),
        ("foreign, +1 202…", |n| format!("+1202{:07}", 2_000_000 + n)),
        ("fixed lines, by libphonenumber", |n| format!("022{:06}", n % 1_000_000)),
    ];
    // The first of them loads libphonenumber's metadata.
    let _ = parse("021234567", home);
    for (name, written) in lists {
        let numbers: Vec<String> = (0..COUNT).map(written).collect();
        let start = Instant::now();
        let good = numbers.iter().filter(|number| parse(number, home).is_ok()).count();
        let spent = start.elapsed();
        let each = spent.as_nanos() / u128::from(COUNT);
        println!("{name:28} {good:>9} good  {:>6} ms  {each:>5} ns each", spent.as_millis());
    }
}
