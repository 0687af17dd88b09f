//! The commands, and how the program starts and ends.

use regtest::world::until;

use super::process::{Process, Rest, text};

#[test]
fn it_ends_in_order_by_signal_and_with_its_input() {
    let mut process = Process::start();
    let id = process.node_id();
    assert!(process.signal("-TERM").success());
    process.run();
    assert!(process.signal("-INT").success());
    process.run();
    assert_eq!(process.node_id(), id, "the seed is kept");
    assert!(process.end_input().success());
}

#[test]
fn it_ends_by_a_signal_while_its_input_stays_open_and_calls_are_under_way() {
    let mut process = Process::start();
    let over = std::sync::atomic::AtomicBool::new(false);
    let rests: Vec<_> = (0..16).map(|_| Rest::of(&process)).collect();
    std::thread::scope(|scope| {
        for rest in &rests {
            let over = &over;
            scope.spawn(move || {
                while !over.load(std::sync::atomic::Ordering::SeqCst) {
                    let request = rest.request(reqwest::Method::GET, "/v1/getinfo");
                    drop(rest.wait(async { request.send().await }));
                }
            });
        }
        let input = process.child().stdin.take();
        let ended = process.signal_and_poll("-TERM");
        over.store(true, std::sync::atomic::Ordering::SeqCst);
        assert!(ended.success(), "{ended:?}");
        drop(input);
    });
}

#[test]
fn a_directory_that_is_open_to_others_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let mut process = Process::start();
    process.end_input();
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(process.directory(), open).unwrap();
    let refused = process.command().output().unwrap();
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("chmod 700"), "{}", text(&refused.stderr));
    let private = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(process.directory(), private).unwrap();
    for entry in std::fs::read_dir(process.directory()).unwrap() {
        let entry = entry.unwrap();
        let (name, mode) = (entry.file_name(), entry.metadata().unwrap().permissions().mode());
        assert!(name == "tls.cert" || mode & 0o077 == 0, "{name:?} has mode {mode:o}");
    }
}

#[test]
fn a_seed_is_not_made_by_a_command_and_is_restored_into_an_empty_directory() {
    let empty = tempfile::tempdir().unwrap();
    let command = |arguments: &[&str]| {
        let mut command = std::process::Command::new(super::process::program());
        command.args(arguments).arg("--data").arg(empty.path().join("node"));
        command
    };
    let none = command(&["seed"]).output().unwrap();
    assert!(!none.status.success() && text(&none.stderr).contains("no seed yet"));
    let process = Process::start();
    let words = process.answer(&["seed"]);
    let file = empty.path().join("words");
    std::fs::write(&file, &words).unwrap();
    let restore = || {
        let input = std::fs::File::open(&file).unwrap();
        command(&["restore-seed"]).stdin(input).output().unwrap()
    };
    assert!(restore().status.success());
    assert_eq!(text(&command(&["seed"]).output().unwrap().stdout).trim(), words);
    assert!(!restore().status.success(), "there is one already");
}

#[test]
fn a_directory_has_one_node() {
    let process = Process::start();
    let second = process.command().output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second.stderr).contains("another boltgram-node runs on"));
}

#[test]
fn wrong_arguments_are_refused_with_status_2() {
    let process = Process::start();
    for arguments in [
        &["run"][..],
        &["run", "--esplora", "http://127.0.0.1:1", "--electrum", "tcp://127.0.0.1:1"],
        &["run", "--esplora", "no url"],
        &["run", "--esplora", "http://127.0.0.1:1", "--sync-s", "0"],
        &["run", "--esplora", "http://127.0.0.1:1", "--bitcoind-user", "u"],
        &["run", "--esplora", "http://127.0.0.1:1", "--listen", "nowhere"],
        &["open-channel", "x@127.0.0.1:1", "0"],
        &["dance"],
    ] {
        let output = process.ask(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn the_seed_is_shown_once() {
    let process = Process::start();
    let words = process.answer(&["seed"]);
    assert_eq!(words.split_whitespace().count(), 24);
    let again = process.ask(&["seed"]);
    assert!(!again.status.success() && text(&again.stderr).contains("--again"));
    assert_eq!(process.answer(&["seed", "--again"]), words);
}

#[test]
fn channels_are_opened_listed_and_closed() {
    let process = Process::start();
    let address = process.answer(&["new-address"]);
    process.world.fund_text(&address, 3_000_000);
    process.world.mine(1);
    until("the money is seen", || {
        process.answer(&["balance"]).contains("on chain: 3000000 sats").then_some(())
    });
    assert_eq!(process.answer(&["channels"]), "no channels");
    let peer = process.world.peer("peer");
    let place = format!("{}@{}", peer.id(), peer.address());
    assert_eq!(process.answer(&["connect", &place]), format!("connected to {place}"));
    let opened = process.answer(&["open-channel", &place, "1000000", "--push-sats", "400000"]);
    let point = opened.split_whitespace().nth(1).unwrap().trim_end_matches(';').to_owned();
    until("the funding is in the mempool", || {
        (!process.world.chain.lock().mempool().is_empty()).then_some(())
    });
    assert!(process.answer(&["channels"]).contains("not usable now"));
    process.world.mine(6);
    peer.sync();
    peer.wait_usable(1);
    until("the channel is usable", || {
        (!process.answer(&["channels"]).contains("not usable")).then_some(())
    });
    let channels = process.answer(&["channels"]);
    assert!(channels.contains(&point) && channels.contains("1000000 sats"), "{channels}");
    assert_eq!(process.answer(&["close-channel", &point]), format!("closing {point}"));
    until("the channel is gone", || {
        process.world.mine(1);
        peer.sync();
        (process.answer(&["channels"]) == "no channels").then_some(())
    });
}

#[test]
fn errors_say_what_is_wrong() {
    let mut process = Process::start();
    let unknown = format!("{}:0", "00".repeat(32));
    for (arguments, expected) in [
        (&["close-channel", &unknown][..], "there is no channel"),
        (&["close-channel", "nothing"], "TXID:INDEX"),
        (&["connect", "nobody"], "NODE_ID@HOST:PORT"),
        (&["connect", "02ab@127.0.0.1:1"], "is no node id"),
    ] {
        let output = process.ask(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
    }
    process.end_input();
    let output = process.ask(&["channels"]);
    assert!(text(&output.stderr).contains("no node answers"), "{}", text(&output.stderr));
    process.run();
}
