//! Numbers of ours: changes by operators and by the configuration file. A change takes effect here
//! at once, and within seconds at other nodes.

mod change;
mod declare;
mod error;

use std::sync::Arc;

use domain::inbound::Party;
use domain::number::own::OwnNumber;
use domain::ports::{Clock, Fetch, NumberList, PortError, Store};

use crate::carriers::Carriers;
use crate::inbound::Inbound;

pub use error::NumberError;

#[derive(Debug)]
pub struct Numbers {
    pub(crate) store: Arc<dyn Store>,
    /// Checks the addresses of webhooks.
    pub(crate) fetch: Arc<dyn Fetch>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) carriers: Arc<Carriers>,
    pub(crate) inbound: Arc<Inbound>,
}

impl Numbers {
    pub async fn list(&self, list: NumberList) -> Result<Vec<OwnNumber>, PortError> {
        self.store.numbers(list).await
    }

    pub async fn get(&self, number: &str) -> Result<Option<OwnNumber>, PortError> {
        self.store.number(Party::new(number)).await
    }
}
