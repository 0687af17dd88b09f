//! Two nodes over the Electrum server and over bitcoind's interface: money, channel, payments, reorganisation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::io::{Read, Write};
use std::net::TcpStream;

use regtest::peer::payment_hash;
use regtest::{Options, Source, World};

fn pay_over(world: &World, source: &Source) {
    let peer = |name: &str| world.peer_with(Options::new(name, source.clone()));
    let (payee, payer) = (peer("payee"), peer("payer"));
    assert_eq!(payer.onchain_sats(), 10_000_000);
    world.open_between(&payer, &payee, 1_000_000, 0);

    let hash = payer.pay(&payee.invoice(10_000_000, "a coffee")).unwrap();
    assert_eq!(payment_hash(&payer.wait_paid(&hash)), hash);

    world.chain.lock().reorganise(3, 5);
    payer.sync();
    payee.sync();
    let preimage = [1; 32];
    let hash =
        payer.pay(&payee.hold_invoice(10_000_000, "held", &payment_hash(&preimage))).unwrap();
    let _ = payee.wait_held(&hash);
    payee.claim(&preimage);
    assert_eq!(payer.wait_paid(&hash), preimage);

    // The money comes back to the wallet.
    payer.close_channels(false);
    let before = payer.onchain_sats();
    regtest::world::until("the closing transaction", || {
        (!world.chain.lock().mempool().is_empty()).then_some(())
    });
    world.mine(6);
    regtest::world::until("the payer has its money on the chain", || {
        payer.sync();
        (payer.onchain_sats() > before + 900_000).then_some(())
    });
}

#[test]
fn two_nodes_pay_over_electrum() {
    let world = World::new();
    pay_over(&world, &world.electrum.source());
}

#[test]
fn two_nodes_pay_over_bitcoind() {
    let world = World::new();
    pay_over(&world, &world.bitcoind.source());
    assert_eq!(world.bitcoind.refused_logins(), 0);
}

#[test]
fn bitcoind_refuses_a_wrong_password() {
    let world = World::new();
    let call = |login: &str| {
        let body = r#"{"method":"getblockcount","params":[],"id":1}"#;
        let mut connection = TcpStream::connect(("127.0.0.1", world.bitcoind.port())).unwrap();
        let head = format!(
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Basic {login}\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        connection.write_all((head + body).as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    };
    // rpc:wrong
    assert!(call("cnBjOndyb25n").starts_with("HTTP/1.1 401 "));
    assert_eq!(world.bitcoind.refused_logins(), 1);
    // rpc:a password
    let answer = call("cnBjOmEgcGFzc3dvcmQ=");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"result\":110"), "{answer}");
}
