//! Amounts in Danish kroner, as JSON numbers.

use domain::money::Msat;
use engine::Engine;

use super::tree::Node;

/// Rounded up.
pub(super) fn price(engine: &Engine, amount: Msat) -> Node {
    Node::Number(engine.campaigns.price_in_kroner(amount).to_string())
}

/// Rounded down.
pub(super) fn balance(engine: &Engine, amount: Msat) -> Node {
    Node::Number(engine.campaigns.balance_in_kroner(amount).to_string())
}
