//! Starts that must fail: each ends with a one-line reason.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use super::running::Home;

#[test]
fn says_everything_that_is_wrong_with_a_file() {
    let home = Home::with_config(
        "lissten = 1\n[prices]\nsend = 1\n[[routes]]\nprefix = \"x\"\ncarriers = []\n",
    );
    let told = home.complaint(1, &["check-config", "boltgram.toml"]);
    let lines: Vec<_> = told.lines().skip(1).map(|line| line.trim_start()).collect();
    assert_eq!(lines.len(), 3, "{told}");
    for (line, begin) in lines.iter().zip(["line 1: ", "line 3: ", "line 5: "]) {
        assert!(line.starts_with(begin), "{told}");
    }
    let told = home.complaint(1, &["serve"]);
    assert!(told.starts_with("boltgram: boltgram.toml has 3 mistakes"), "{told}");
}

#[test]
fn the_printed_reference_is_a_sound_file() {
    let reference = Home::bare().answer(&["config"]);
    let home = Home::with_config(&reference);
    let told = home.answer(&["check-config", "boltgram.toml"]);
    assert_eq!(told, "boltgram.toml is sound");
}

#[test]
fn usage_mistakes_end_with_two() {
    let home = Home::bare();
    for arguments in [&["sreve"][..], &["key", "add"], &["account", "add", "a b"], &[]] {
        home.complaint(2, arguments);
    }
    assert!(home.answer(&["--version"]).starts_with("boltgram 0."));
    assert!(home.answer(&["serve", "--help"]).contains("work in progress is finished"));
}

#[test]
fn a_file_that_is_not_there() {
    let told = Home::bare().complaint(1, &["serve", "--config", "nowhere.toml"]);
    assert_eq!(
        told,
        "boltgram: nowhere.toml cannot be read: No such file or directory (os error 2)"
    );
}

#[test]
fn a_port_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let home = Home::bare();
    let told = home.complaint(1, &["serve", "--listen", &address]);
    let last = told.lines().last().unwrap();
    assert!(last.starts_with(&format!("boltgram: cannot listen on {address}: ")), "{told}");
    assert!(!home.path("boltgram-data").exists(), "it fails before it creates any file");
}

#[test]
fn a_second_server_on_the_same_data() {
    let home = Home::bare();
    let first = home.serve();
    let told = home.complaint(1, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(told.contains("another boltgram serves the data directory"), "{told}");
    first.stop();
}

#[test]
fn a_second_server_on_the_same_database_with_other_data() {
    let home = Home::with_config("[store]\nurl = \"sqlite:shared/boltgram.db\"\n");
    let first = home.serve();
    let told = home.complaint(1, &["serve", "--data", "elsewhere", "--listen", "127.0.0.1:0"]);
    assert!(told.contains("another boltgram serves the database"), "{told}");
    assert_eq!(home.answer(&["--data", "elsewhere", "account", "list"]).lines().count(), 1);
    first.stop();
}

#[test]
fn a_vault_key_that_is_gone_or_another() {
    let home = Home::bare();
    home.answer(&["account", "add", "acme"]);
    let key = home.path("boltgram-data/vault.key");
    fs::write(&key, format!("{}\n", "07".repeat(32))).unwrap();
    let told = home.complaint(1, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(told.contains("the vault key is not the one"), "{told}");
    fs::remove_file(&key).unwrap();
    let told = home.complaint(1, &["account", "list"]);
    assert!(told.contains("restore the key that belongs to it"), "{told}");
}

#[test]
fn a_node_whose_files_are_not_there() {
    let home = Home::with_config(
        r#"
[lightning]
backend = "lnd"
url = "https://127.0.0.1:8080"
macaroon_file = "invoices.macaroon"
tls_cert_file = "tls.cert"
[[carriers]]
name = "sandbox"
kind = "sandbox"
[[routes]]
prefix = ""
carriers = ["sandbox"]
"#,
    );
    let told = home.complaint(1, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(told.starts_with("boltgram: boltgram.toml has 1 mistake:"), "{told}");
    assert!(told.contains("line 4: cannot use LND: cannot read "), "{told}");
}

#[test]
fn a_data_directory_is_for_its_owner_only() {
    let home = Home::bare();
    home.answer(&["account", "add", "acme"]);
    let mode = fs::metadata(home.path("boltgram-data")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_command_without_a_data_directory_makes_none() {
    let home = Home::bare();
    for asked in [
        &["account", "list"][..],
        &["account", "add", "acme"],
        &["operator", "add", "Ida"],
        &["ledger", "check"],
        &["key", "revoke", "1"],
        &["backup", "copy"],
        &["carrier", "list"],
    ] {
        let told = home.complaint(1, asked);
        assert!(told.contains("there is no data directory boltgram-data"), "{told}");
        assert!(told.contains("`boltgram init` creates it"), "{told}");
    }
    assert_eq!(fs::read_dir(home.path(".")).unwrap().count(), 0, "nothing was created");
    fs::create_dir(home.path("boltgram-data")).unwrap();
    let told = home.complaint(1, &["account", "list"]);
    assert!(told.contains("there is no store at boltgram-data/boltgram.db"), "{told}");
}

/// A program that sets up a gateway adds its account before it serves.
#[test]
fn the_first_account_makes_the_store_that_the_command_line_names() {
    let home = Home::bare();
    home.run(&["account", "add", "acme", "--data", "elsewhere"]);
    assert!(home.path("elsewhere/boltgram.db").exists());
    fs::write(home.path("boltgram.toml"), "data = \"configured\"\n").unwrap();
    home.run(&["operator", "add", "Ida", "--config", "boltgram.toml"]);
    assert!(home.path("configured/boltgram.db").exists());
    assert!(!home.path("boltgram-data").exists());
}

#[test]
fn a_database_that_lost_everything_is_not_served() {
    let home = Home::bare();
    home.answer(&["account", "add", "acme"]);
    let database = home.path("boltgram-data/boltgram.db");
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    fs::write(&database, "").unwrap();
    let told = home.complaint(1, &serve);
    assert!(told.contains("boltgram.db is empty; restore a backup"), "{told}");
    assert!(home.complaint(1, &["account", "list"]).contains("is empty"));
    fs::write(&database, [0; 4_096]).unwrap();
    assert!(home.complaint(1, &serve).contains("cannot open the store"));
}

/// Strangers would send for free.
#[test]
fn the_sandbox_node_beside_a_real_carrier() {
    let config = "[lightning]\nbackend = \"sandbox\"\n[[carriers]]\nname = \"main\"\nkind = \"smpp\"\n\
                  host = \"127.0.0.1\"\nport = 1\nsystem_id = \"u\"\npassword = \"p\"\n";
    let home = Home::with_config(config);
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["check-config", "boltgram.toml"]]
    {
        let told = home.complaint(1, arguments);
        assert!(told.contains("for money that is not real"), "{told}");
    }
}

#[test]
fn a_database_that_is_missing_from_a_used_data_directory_is_not_created_anew() {
    let home = Home::bare();
    home.serve().stop();
    // A server with a real node and a secret from elsewhere has none of the last two.
    for name in ["boltgram.db", "inbound.secret", "sandbox-node.journal"] {
        fs::remove_file(home.path("boltgram-data").join(name)).unwrap();
    }
    for beginning in [&["serve", "--listen", "127.0.0.1:0"][..], &["init"]] {
        let told = home.complaint(1, beginning);
        assert!(told.contains("boltgram.db is missing, but the data directory"), "{told}");
    }
    assert!(!home.path("boltgram-data/boltgram.db").exists());
}
