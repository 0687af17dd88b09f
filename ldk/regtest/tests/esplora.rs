//! Two nodes over the Esplora server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use regtest::peer::payment_hash;
use regtest::{Fault, Held, Outcome, World};

#[test]
fn two_nodes_pay_hold_and_outlive_a_reorganisation() {
    let world = World::new();
    let (mut payee, payer) = (world.peer("payee"), world.peer("payer"));
    world.open_between(&payer, &payee, 1_000_000, 0);

    let hash = payer.pay(&payee.invoice(10_000_000, "a coffee")).unwrap();
    assert_eq!(payment_hash(&payer.wait_paid(&hash)), hash);
    assert_eq!(payee.wait_received(&hash), 10_000_000);

    // Held and given back, to the millisatoshi.
    let before = payer.spendable_msat();
    let preimage = [7; 32];
    let invoice = payee.hold_invoice(20_000_000, "held", &payment_hash(&preimage));
    let hash = payer.pay(&invoice).unwrap();
    let Held { msat, deadline } = payee.wait_held(&hash);
    assert_eq!(msat, 20_000_000);
    assert!(deadline > world.height());
    assert!(payer.spendable_msat() <= before - 20_000_000);
    assert_eq!(payer.outcome(&hash), None);
    payee.fail(&hash);
    assert_eq!(payer.wait_failed(&hash), "RecipientRejected");
    regtest::world::until("the money is back", || (payer.spendable_msat() == before).then_some(()));

    // The channel outlives a reorganisation above its funding, and an outage of the server.
    world.chain.lock().reorganise(3, 5);
    payer.sync();
    payee.sync();
    for fault in [Fault::Down, Fault::Garbage] {
        world.esplora.set_fault(fault);
        assert!(payee.try_sync().is_err());
    }
    world.esplora.set_fault(Fault::None);
    payee.sync();

    // Held over a restart of the payee, then taken.
    let preimage = [8; 32];
    let hash =
        payer.pay(&payee.hold_invoice(20_000_000, "held", &payment_hash(&preimage))).unwrap();
    let _ = payee.wait_held(&hash);
    payee.stop();
    payee.start_again();
    payer.reconnect(&payee.id(), &payee.address());
    payee.claim(&preimage);
    assert_eq!(payer.wait_outcome(&hash), Outcome::Paid { preimage, fee_msat: 0 });
    assert_eq!(payer.closed_channels(), Vec::<String>::new());
}

#[test]
fn three_hops_over_a_private_channel() {
    let world = World::new();
    let source = world.esplora.source();
    let provider = regtest::Options {
        base_fee_msat: 2_000,
        forwards_privately: true,
        ..regtest::Options::new("provider", source)
    };
    let (payee, payer, provider) =
        (world.peer("payee"), world.peer("payer"), world.peer_with(provider));
    world.open_between(&payer, &provider, 1_000_000, 0);
    world.open_between(&provider, &payee, 1_000_000, 0);
    payer.sync();
    payee.wait_route_hints();
    let preimage = [9; 32];
    let hash = payer.pay(&payee.hold_invoice(30_000_000, "far", &payment_hash(&preimage))).unwrap();
    let _ = payee.wait_held(&hash);
    payee.claim(&preimage);
    assert_eq!(payer.wait_outcome(&hash), Outcome::Paid { preimage, fee_msat: 2_000 });
    regtest::world::until("the provider has its fee", || {
        (provider.forwarding_fees_msat() == 2_000).then_some(())
    });
}
