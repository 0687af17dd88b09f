//! Runs the rule in `crates/smpp/tests/it/fuzz/frames.rs`.
#![no_main]

#[path = "../../crates/smpp/tests/it/fuzz/frames.rs"]
mod rule;

libfuzzer_sys::fuzz_target!(|data: &[u8]| rule::run(data));
