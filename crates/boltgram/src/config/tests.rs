//! Valid and invalid configuration files.

use std::collections::BTreeSet;

use domain::number::Accept;

use super::*;

pub(super) fn mistakes(text: &str) -> Vec<String> {
    read(text).expect_err("this file is wrong").iter().map(ToString::to_string).collect()
}

pub(super) const SMPP: &str = r#"
[[carriers]]
name = "main"
kind = "smpp"
host = "127.0.0.1"
system_id = "u"
password = "p"
"#;

pub(super) const ROUTE: &str = "[[routes]]\nprefix = \"\"\ncarriers = [\"main\"]\n";

#[test]
fn the_reference_has_the_defaults() {
    let checked = read(REFERENCE).unwrap();
    assert_eq!(format!("{:?}", checked.config), format!("{:?}", Config::default()));
    assert_eq!(checked.warnings, []);
}

#[test]
fn an_empty_file_is_the_sandbox() {
    assert_eq!(format!("{:?}", read("").unwrap().config), format!("{:?}", Config::default()));
}

/// The examples of the reference, uncommented, are valid keys and values.
#[test]
fn the_reference_has_only_existing_keys() {
    let text: String = REFERENCE
        .lines()
        .map(|line| {
            let example = line.strip_prefix('#').filter(|rest| !rest.starts_with(' '));
            // One would contradict the other.
            let example = example.filter(|rest| {
                !["password_file", "api_key_file"].iter().any(|key| rest.starts_with(key))
            });
            example.unwrap_or(if line.starts_with('#') { "" } else { line }).to_owned() + "\n"
        })
        .collect();
    let text = text.replace("backend = \"sandbox\"", "backend = \"lnd\"");
    // The expected mistakes: a second node, the sandbox carrier with a real node, no routes to the examples, `tls = false` with
    // TLS files, missing files, and a receipt timeout without another carrier.
    let unlike = [
        "cannot use LND: cannot read",
        "[lightning.node] needs backend",
        "authorization_file: cannot use",
        "delivered to nobody",
        "no route leads to",
        "has no effect without tls = true",
        "cannot use the file",
        "no route leads to",
        "receipt_timeout has no effect",
    ];
    let told = mistakes(&text);
    assert_eq!(told.len(), unlike.len(), "{told:#?}");
    assert!(told.iter().zip(unlike).all(|(told, unlike)| told.contains(unlike)), "{told:#?}");
}

/// serde lists the keys of a section when it meets an unknown one; the reference has each.
#[test]
fn the_reference_has_every_key() {
    let shown: BTreeSet<&str> = REFERENCE
        .lines()
        .filter_map(|line| line.trim_start_matches('#').split_once(" = "))
        .map(|(key, _)| key)
        .collect();
    for section in [
        "",
        "[store]",
        "[lightning]",
        "[lightning.node]",
        "[orders]",
        "[prices]",
        "[bulk]",
        "[query]",
        "[handler]",
        "[lookup]",
        "[lookup.fields]",
        "[pool]",
        "[phones]",
        "[webhooks]",
        "[limits]",
        "[log]",
    ] {
        assert_all_shown(&format!("{section}\nno_such_key = 1\n"), &shown);
    }
    for kind in ["smpp", "smtp", "phones", "sandbox"] {
        let text = format!("[[carriers]]\nkind = \"{kind}\"\nno_such_key = 1\n");
        assert_all_shown(&text, &shown);
    }
    assert_all_shown("[[routes]]\nno_such_key = 1\n", &shown);
    assert_all_shown("[[suppliers]]\nno_such_key = 1\n", &shown);
    assert_all_shown("[numbers]\nno_such_key = 1\n", &shown);
    assert_all_shown("[[numbers.own]]\nnumber = \"1919\"\nno_such_key = 1\n", &shown);
}

fn assert_all_shown(text: &str, shown: &BTreeSet<&str>) {
    let told = mistakes(text);
    let told = told.iter().find(|told| told.contains("no_such_key")).unwrap();
    let keys: Vec<_> = told.split('`').skip(3).step_by(2).collect();
    assert!(!keys.is_empty() || told.contains("no fields"), "{told}");
    for key in keys {
        let header = ["[", "."].iter().any(|before| REFERENCE.contains(&format!("{before}{key}]")));
        assert!(header || shown.contains(key), "{key} is not in the reference");
    }
}

#[test]
fn a_servers_store_never_shows_its_password() {
    let of = |store: &str| read(&format!("[store]\n{store}"));
    let config = of("url = \"postgres://gate:s3cret@db.example/shop\"").unwrap().config;
    assert_eq!(config.store_url().to_string(), "postgres://gate@db.example:5432/shop");
    assert!(!format!("{config:?}").contains("s3cret"));

    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("password");
    std::fs::write(&path, "s3cret\n").unwrap();
    let file = format!("password_file = {path:?}");
    let config = of(&format!("url = \"postgres://gate@db/shop\"\n{file}")).unwrap().config;
    let whole = config.whole_store_url().unwrap();
    assert!(!format!("{whole} {whole:?}").contains("s3cret"));
    assert!(whole.with_password("again").is_err(), "the password of the file is missing");

    for (store, mistake) in [
        ("url = \"postgres://u:s3cret@h/d\"", "not in both"),
        ("url = \"sqlite:a.db\"", "not in both"),
        ("url = \"postgres://u:s3cret@h:port/d\"", "postgres URL cannot be read"),
        ("url = \"mysql://u:s3cret@h/d\"", "a store is named sqlite:PATH"),
        ("url = \"postgres://u:s3cret@h/d?sslmode=verify-ca\"", "sslmode is disable"),
    ] {
        let told = of(&format!("{store}\n{file}")).unwrap_err();
        let told = told.iter().map(ToString::to_string).collect::<String>();
        assert!(told.contains(mistake) && !told.contains("s3cret"), "{told}");
    }
}

#[test]
fn the_example_of_the_design_is_valid() {
    let text = r#"
listen = "127.0.0.1:8080"
[store]
url = "sqlite:boltgram-data/boltgram.db"
[lightning]
backend = "sandbox"
sandbox_beside_real_carriers = true
[prices]
send = 1000
receive = 3000
rent = 15000
real_phone = 5000
email = 500
credit = 100
krone = 1500
[[carriers]]
name = "main"
kind = "smpp"
host = "127.0.0.1"
port = 2775
system_id = "u"
password = "p"
window = 500
binds = 1
rate = 0
[webhooks]
allow_private_addresses = false
[[routes]]
prefix = ""
carriers = ["main"]
"#;
    let config = read(text).unwrap().config;
    assert_eq!(names(&config), ["main"]);
    let CarrierKind::Smpp(smpp) = &config.carriers[0].kind else { panic!("{config:?}") };
    assert_eq!((smpp.port, smpp.window, smpp.binds, smpp.rate), (Some(2775), 500, 1, 0));
}

#[test]
fn reports_every_mistake_with_its_line() {
    let text = r#"listen = "nowhere"
lisen = 1
[prices]
send = "many"
email = 5
[[carriers]]
name = "main"
kind = "smpp"
port = 70000
[[carriers]]
name = "other"
kind = "pigeon"
[[routes]]
prefix = "+45"
carriers = ["main"]
colour = "red"
"#;
    let told = mistakes(text);
    let lines: Vec<_> = told.iter().map(|told| told.split(':').next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "line 1", "line 2", "line 4", "line 5", "line 6", "line 9", "line 10", "line 14",
            "line 16"
        ],
        "{told:#?}"
    );
}

fn names(config: &Config) -> Vec<&str> {
    config.routes[0].carriers.iter().map(|carrier| carrier.name.as_str()).collect()
}

#[test]
fn invalid_routes_are_refused() {
    for (route, expected) in [
        ("carriers = [\"main\", \"main\"]", "is listed twice"),
        ("carriers = [{ name = \"main\", weight = 0 }]", "at least 1"),
        ("carriers = [{ name = \"main\", wait = 0 }]", "unknown field `wait`"),
        ("carriers = [7]", "a carrier's name"),
        ("carriers = [\"main\"]\nattempts = 0", "nothing would ever be sent"),
        ("carriers = [\"main\"]\nreceipt_timeout = \"1s\"", "at least \"10s\""),
        ("carriers = [\"main\"]\nreceipt_timeout = 600", "expected a string"),
        ("carriers = [\"main\"]\nreceipt_timeout = \"soon\"", "a number and its unit"),
    ] {
        let told = mistakes(&format!("{SMPP}[[routes]]\nprefix = \"\"\n{route}\n"));
        assert!(told.iter().any(|told| told.contains(expected)), "{route}: {told:?}");
    }
    let alone = format!("{SMPP}{ROUTE}receipt_timeout = \"10m\"\n");
    let warnings = read(&alone).unwrap().warnings;
    assert!(warnings.iter().any(|warning| warning.text.contains("has no effect")), "{warnings:?}");
}

#[test]
fn routes_and_carriers_must_match() {
    let told = mistakes(&format!("{SMPP}[[routes]]\nprefix = \"45\"\ncarriers = [\"mian\"]\n"));
    assert!(told.iter().any(|told| told.contains("no carrier named \"mian\"")), "{told:?}");

    let alone = read(SMPP).unwrap().config;
    assert_eq!(alone.routes[0].prefix, "", "one section is enough");
    assert_eq!(names(&alone), ["main"]);

    let twice = format!("{SMPP}{SMPP}{ROUTE}");
    let told = mistakes(&twice);
    assert!(told.iter().any(|told| told.contains("another carrier named \"main\"")), "{told:?}");

    let other = SMPP.replace("main", "spare");
    let checked = read(&format!("{SMPP}{other}{ROUTE}")).unwrap();
    let warned = |text| checked.warnings.iter().any(|warning| warning.text.contains(text));
    assert!(warned("no route leads to carrier \"spare\""), "{:?}", checked.warnings);
}

#[test]
fn a_real_node_needs_its_keys_and_carriers() {
    let told = mistakes("[lightning]\nbackend = \"lnd\"\n");
    for wanted in ["no [[carriers]] section", "needs url", "needs macaroon_file"] {
        assert!(told.iter().any(|told| told.contains(wanted)), "{told:?}");
    }
    let told = mistakes("[lightning]\nurl = \"https://node\"\n");
    assert_eq!(told, ["line 2: url needs backend = \"lnd\""]);
}

#[test]
fn proxies_are_addresses_and_networks() {
    let of = |list: &str| format!("[limits]\ntrusted_proxies = {list}\n");
    let limits =
        read(&of(r#"["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"]"#)).unwrap().config.limits;
    assert_eq!(limits.trusted_proxies.len(), 3);
    assert_eq!(limits.trusted_proxies[1], "10.0.0.0/8".parse().unwrap());
    for (list, told) in [
        (r#"["127.0.0.1", "proxy"]"#, "\"proxy\" is neither an address nor a network"),
        (r#"["10.1.2.3/8"]"#, "\"10.1.2.3/8\" is no network: its first address is 10.0.0.0"),
        (r#"["10.0.0.0/33"]"#, "neither an address nor a network"),
    ] {
        let mistakes = mistakes(&of(list));
        assert!(mistakes.len() == 1 && mistakes[0].starts_with("line 2: "), "{mistakes:?}");
        assert!(mistakes[0].contains(told), "{mistakes:?}");
    }
}

/// The limits in the reference are the actual ones.
#[test]
fn the_reference_has_the_limits() {
    use domain::limits;

    let prose = REFERENCE.replace("\n# ", " ");
    for said in [
        format!("{} may be unpaid", limits::ORDERS_OPEN_PER_CLIENT_MAX),
        format!("and {} may be paid and in progress", limits::ORDERS_HELD_PER_CLIENT_MAX),
        format!("at most {} sats per key or address", limits::HELD_PER_CLIENT_MAX_SATS),
        format!("and {} in total; fundings", limits::HELD_MAX_SATS),
        format!("{} unpaid, and six tenths", limits::ORDERS_OPEN_MAX),
    ] {
        assert!(prose.contains(&said), "{said}");
    }
}

#[test]
fn a_password_may_be_in_a_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "hunter2\nnotes\n").unwrap();
    let from = |path: &Path| {
        let key = format!("password_file = {path:?}");
        format!("{}{ROUTE}", SMPP.replace("password = \"p\"", &key))
    };
    let carrier = read(&from(file.path())).unwrap().config.carriers.remove(0);
    assert!(carrier.password().is_none());
    let carrier = carrier.with_password().unwrap();
    assert_eq!(carrier.password().unwrap().expose(), "hunter2");

    let told = mistakes(&from(Path::new("/nowhere"))).pop().unwrap();
    assert!(told.starts_with("line 7: password_file: cannot use /nowhere"), "{told}");
    let both = from(file.path()).replace("system_id", "password = \"p\"\nsystem_id");
    assert!(mistakes(&both).pop().unwrap().contains("not both"));
}

#[test]
fn passwords_are_in_no_message_and_no_debug() {
    let config = read(&format!("{SMPP}{ROUTE}").replace("\"p\"", "\"hunter2\"")).unwrap().config;
    assert!(!format!("{config:?}").contains("hunter2"));
    for password in ["271828", "\"hunter271828\""] {
        let text = format!("{SMPP}{ROUTE}").replace("\"p\"", password);
        let told = mistakes(&text);
        assert!(told.iter().all(|told| !told.contains("271828")), "{told:?}");
    }
}

#[test]
fn the_data_directory_moves_the_default_database() {
    let mut config = Config::default();
    assert_eq!(config.store_url().to_string(), "sqlite:boltgram-data/boltgram.db");
    config.data = "elsewhere".into();
    assert_eq!(config.store_url().to_string(), "sqlite:elsewhere/boltgram.db");
    config.store.url = Some(StoreUrl::sqlite("here.db"));
    assert_eq!(config.store_url().to_string(), "sqlite:here.db");
}

#[test]
fn a_home_is_a_country_or_none() {
    for home in ["TH", "DK", ""] {
        assert_eq!(read(&format!("[bulk]\nhome = {home:?}\n")).unwrap().config.bulk.home, home);
    }
    let told = mistakes("[bulk]\nhome = \"Siam\"\n");
    assert!(told.len() == 1 && told[0].contains("line 2: home = \"Siam\""), "{told:?}");
}

#[test]
fn invalid_quiet_hours_are_reported() {
    let hours = |prefix: &str, zone: &str, from: &str, to: &str| {
        let keys = format!("prefix = {prefix:?}\nzone = {zone:?}\nfrom = {from:?}\nto = {to:?}\n");
        format!("[[quiet_hours]]\n{keys}")
    };
    let good = hours("66", "Asia/Bangkok", "21:00", "08:00");
    assert_eq!(read(&good).unwrap().config.quiet_hours.len(), 1);
    for (wrong, told) in [
        (hours("+66", "Asia/Bangkok", "21:00", "08:00"), "line 2: prefix \"+66\": digits only"),
        (hours("66", "Bangkok", "21:00", "08:00"), "line 3: there is no such time zone"),
        (hours("66", "Asia/Bangkok", "9 pm", "08:00"), "line 4: a time of the day is written"),
        (hours("66", "Asia/Bangkok", "08:00", "08:00"), "line 5: quiet hours end at another time"),
        (format!("{good}{good}"), "line 7: there are other quiet hours for \"66\""),
    ] {
        let mistakes = mistakes(&wrong);
        assert!(mistakes.len() == 1 && mistakes[0].contains(told), "{mistakes:#?}");
    }
}

#[test]
fn a_lease_has_a_minimum_and_a_maximum() {
    assert_eq!(read("[node]\nlease_s = 4\n").unwrap().config.node.lease_s, 4);
    for wrong in ["3", "601"] {
        let told = mistakes(&format!("[node]\nlease_s = {wrong}\n"));
        assert_eq!(told, [format!("line 2: lease_s = {wrong}: a lease must be 4 to 600 seconds")]);
    }
}

#[test]
fn own_numbers_are_listed_with_and_without_a_section_of_their_own() {
    let list = read("[[numbers]]\nnumber = \"1919\"\n").unwrap().config.numbers;
    assert_eq!((list.accept, list.own.len()), (Accept::Possible, 1));
    let both = read("[numbers]\naccept = \"valid\"\n[[numbers.own]]\nnumber = \"1919\"\n");
    let both = both.unwrap().config.numbers;
    assert_eq!((both.accept, both.own.len()), (Accept::Valid, 1));
    for (text, line) in [
        ("[[numbers]]\nnumber = \"x\"\n", "line 2"),
        ("[numbers]\naccept = \"valid\"\n[[numbers.own]]\nnumber = \"x\"\n", "line 4"),
        ("[numbers]\naccept = \"some\"\n", "line 2"),
    ] {
        let told = mistakes(text);
        assert!(told.iter().any(|told| told.contains(line)), "{text}: {told:?}");
    }
}
