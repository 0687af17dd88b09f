//! Runs the rule in `crates/smpp/tests/it/fuzz/receipts.rs`.
#![no_main]

#[path = "../../crates/smpp/tests/it/fuzz/receipts.rs"]
mod rule;

libfuzzer_sys::fuzz_target!(|data: &[u8]| rule::run(data));
