//! Runs the README's tour as it is written, with the ports and programs of this test.

use std::path::Path;
use std::process::Command;

use super::running::Home;

/// The shell commands between the tour's mark and the next heading, in order.
fn tour() -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let text = std::fs::read_to_string(readme).unwrap();
    let (_, tour) = text.split_once("<!-- tour:").expect("the tour's mark");
    let tour = tour.split("\n## ").next().unwrap();
    let blocks = tour.split("```sh\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

#[test]
fn the_tour_works_as_it_is_printed() {
    let home = Home::bare();
    let server = home.serve();
    let program = env!("CARGO_BIN_EXE_boltgram");
    let commands = tour()
        .replace("http://127.0.0.1:8080", server.url("").as_str())
        .replace("cargo run --release -q --", program)
        .replace("/tmp/order.json", home.path("order.json").to_str().unwrap());
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &commands])
        .current_dir(home.path("."))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    for promised in [
        "\"send\":1000",
        "\"payreq\":\"lnbcrt",
        "\"state\":\"held\"",
        "\"smsStatus\":\"delivered\"",
        "{\"price\":3000}",
        "\"service\":\"Telegram\"",
        "\"code\":\"",
        "\"messages\":[{",
        "\"payreq\":\"paid\"",
        "\"balance\":9000",
        "\"status\":\"success\",\"count\":3",
        "\"credits\":87",
    ] {
        assert!(told.contains(promised), "no {promised} in:\n{told}");
    }
    server.stop();
}
