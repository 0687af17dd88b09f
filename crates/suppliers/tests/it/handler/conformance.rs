//! The conformance suite of suppliers, with a wholesaler of each kind.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::activation::loan::Loan;
use domain::money::Msat;
use domain::ports::Supplier;
use suppliers::handler::HandlerOptions;
use testkit::supplier_conformance::Rig;
use testkit::wholesaler::Style;

use super::{House, UNIT, options};

struct OfHandler {
    house: House,
}

#[async_trait]
impl Rig for OfHandler {
    fn supplier(&self) -> Arc<dyn Supplier> {
        self.house.supplier.clone()
    }

    fn cost(&self) -> Msat {
        Msat::new(UNIT / 2)
    }

    /// Only in a country that is named: see `rentals.rs`.
    fn rents(&self) -> bool {
        false
    }

    async fn receive(&self, loan: &Loan) {
        let number = loan.number.digits().to_string();
        let lent = self.house.north.activations();
        let (id, lent) = lent.into_iter().find(|(_, lent)| lent.number == number).unwrap();
        let code = (1_000 + lent.messages.len()).to_string();
        self.house.north.send_code(id, &code, &format!("Your code is {code}"));
        self.house.pass(4).await;
    }

    async fn pass(&self, time: Duration) {
        self.house.pass(time.as_secs()).await;
    }
}

fn with(style: Style) -> OfHandler {
    let house = House::with(HandlerOptions { margin: 0, ..options() });
    house.north.style(style);
    OfHandler { house }
}

mod modern {
    use super::*;

    fn rig() -> OfHandler {
        with(Style::default())
    }

    testkit::supplier_conformance!(rig);
}

mod with_our_names {
    use super::*;

    fn rig() -> OfHandler {
        with(Style { keeps_keys: true, ..Style::default() })
    }

    testkit::supplier_conformance!(rig);
}

mod without_v2 {
    use super::*;

    fn rig() -> OfHandler {
        with(Style { v2: false, ..Style::default() })
    }

    testkit::supplier_conformance!(rig);
}
