//! What a buyer is told of an order in each of its states.

use std::fmt::Write as _;

use domain::id::{MessageId, OrderId};
use domain::message::Address;
use domain::message::recipient::RecipientState;
use domain::number::Msisdn;
use domain::reason::Reason;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, Order, OrderState, Payment};
use domain::secret::Preimage;
use testkit::clock::NOON;

use crate::house::{House, Open, sats};
use crate::store::{begin, stored};

fn order(number: u8, fulfilment: Fulfilment) -> Order {
    let preimage = Preimage::new([number; 32]);
    stored(NewOrder {
        id: OrderId::new([number; 32]),
        account: None,
        price: sats(1_000),
        payment: Payment::Lightning { preimage, invoice: None, pay_by: NOON },
        fulfilment,
        webhook: None,
        referral: None,
        client: "local".to_owned(),
        created_at: NOON,
    })
}

fn send(number: u8) -> Order {
    let to = Address::Phone(Msisdn::from_digits(4_520_123_456).unwrap());
    order(number, Fulfilment::message(to, "hi".into()))
}

fn working(number: u8, state: OrderState, recipient: RecipientState) -> Order {
    let mut order = send(number);
    begin(&mut order, MessageId(uuid::Uuid::from_bytes([number; 16])), recipient);
    order.state = state;
    order
}

fn with(mut order: Order, state: OrderState, reason: Option<Reason>, paid: bool) -> Order {
    order.state = state;
    order.reason = reason;
    order.paid_at = paid.then_some(NOON);
    order
}

#[tokio::test]
async fn tells_every_state() {
    use OrderState as S;
    use RecipientState as R;
    let fund = |number| order(number, Fulfilment::Credit);
    let orders = [
        ("unpaid", send(1)),
        ("held", with(send(2), S::Held, None, true)),
        ("queued", working(3, S::Working, R::Pending)),
        (
            "waits for a link",
            with(working(4, S::Working, R::Pending), S::Working, Some(Reason::LinkDown), true),
        ),
        ("sent", working(5, S::Working, R::Submitted)),
        ("delivered", working(6, S::Fulfilled, R::Success)),
        ("delivered and settled", working(7, S::Settled, R::Success)),
        (
            "failed",
            with(
                working(8, S::Cancelling, R::Failed),
                S::Cancelling,
                Some(Reason::Undelivered),
                true,
            ),
        ),
        (
            "failed and refunded",
            with(
                working(9, S::Cancelled, R::Failed),
                S::Cancelled,
                Some(Reason::BadDestination),
                true,
            ),
        ),
        (
            "no receipt",
            with(
                working(10, S::Cancelled, R::Timeout),
                S::Cancelled,
                Some(Reason::NoReceipt),
                true,
            ),
        ),
        ("never paid", with(send(11), S::Cancelled, Some(Reason::Unpaid), false)),
        (
            "cancelled by the buyer",
            with(send(12), S::Cancelling, Some(Reason::CancelledByBuyer), false),
        ),
        ("cancelled without a reason", with(send(13), S::Cancelled, None, false)),
        ("lost", with(working(14, S::Lost, R::Success), S::Lost, Some(Reason::NodeRefunded), true)),
        ("funding unpaid", fund(15)),
        ("funding settled", with(fund(16), S::Settled, None, true)),
        ("funding cancelled", with(fund(17), S::Cancelled, Some(Reason::Unpaid), false)),
    ];
    let house = House::new();
    let ids: Vec<_> =
        orders.into_iter().map(|(name, order)| (name, house.add_order(order))).collect();
    let open: Open = house.open_as(Default::default()).await;
    let mut told = String::new();
    for (name, id) in ids {
        let answer = open.get(&format!("/orderstatus?orderId={id}")).await;
        assert_eq!(answer.status, 200);
        writeln!(told, "{name}\n  {}", answer.body).unwrap();
    }
    insta::assert_snapshot!(told);
}
