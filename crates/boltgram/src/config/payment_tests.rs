//! What configuration files say of payments: the Lightning node, and the sections `[lightning]` and
//! `[orders]`.

use super::tests::{ROUTE, SMPP, mistakes};
use super::*;

#[test]
fn strangers_do_not_send_for_money_that_is_not_real() {
    let backend = |text: &str| read(text).unwrap().config.backend();
    let sandbox_carrier = "[[carriers]]\nname = \"main\"\nkind = \"sandbox\"\n";
    for (text, expected) in [
        (String::new(), Backend::Sandbox),
        (sandbox_carrier.to_owned(), Backend::Sandbox),
        ("[lightning]\ninvoice_expiry = \"5m\"\n".to_owned(), Backend::Sandbox),
        (format!("{SMPP}{ROUTE}"), Backend::None),
        (format!("[lightning]\nfund_min_sats = 5\n{SMPP}{ROUTE}"), Backend::None),
        (format!("[lightning]\nbackend = \"none\"\n{sandbox_carrier}"), Backend::None),
    ] {
        assert_eq!(backend(&text), expected, "{text}");
    }
    let sandbox = format!("[lightning]\nbackend = \"sandbox\"\n{SMPP}{ROUTE}");
    let told = mistakes(&sandbox);
    assert!(told.len() == 1 && told[0].starts_with("line 2: "), "{told:?}");
    assert!(told[0].contains("for money that is not real"), "{told:?}");
    assert!(told[0].contains("sandbox_beside_real_carriers"), "{told:?}");

    let allowed =
        sandbox.replace("\"sandbox\"", "\"sandbox\"\nsandbox_beside_real_carriers = true");
    let checked = read(&allowed).unwrap();
    let warned = checked.warnings.iter().any(|w| w.text.contains("for money that is not real"));
    assert!(warned, "{:?}", checked.warnings);
    assert_eq!(checked.config.backend(), Backend::Sandbox);
}

#[test]
fn payments_have_bounds() {
    for (keys, told) in [
        ("invoice_expiry = \"59s\"", "line 2: invoice_expiry must be"),
        ("invoice_expiry = \"25h\"", "line 2: invoice_expiry must be"),
        ("invoice_expiry = 600", "line 2: invalid type"),
        ("fund_min_sats = 0", "line 2: fund_min_sats must be at least 1"),
        ("fund_max_sats = 0", "line 2: fund_max_sats must be from"),
        ("fund_max_sats = 1000000001", "line 2: fund_max_sats must be from"),
    ] {
        let mistakes = mistakes(&format!("[lightning]\n{keys}\n"));
        assert!(mistakes.len() == 1 && mistakes[0].starts_with(told), "{keys}: {mistakes:?}");
    }
    for (keys, told) in [
        ("receipt_wait = \"9m\"", "line 2: receipt_wait must be"),
        ("receipt_wait = \"25h\"", "line 2: receipt_wait must be"),
        ("unreceipted = \"keep\"", "line 2: unreceipted is"),
    ] {
        let mistakes = mistakes(&format!("[orders]\n{keys}\n"));
        assert!(mistakes.len() == 1 && mistakes[0].starts_with(told), "{keys}: {mistakes:?}");
    }
    assert_eq!(mistakes("[orders]\nparts_max = 0\n"), ["line 2: parts_max must be at least 1"]);
}
