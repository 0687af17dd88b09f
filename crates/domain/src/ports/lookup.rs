//! Questions about a number to the networks.

use async_trait::async_trait;

use crate::number::Msisdn;
use crate::number::network::NetworkAnswer;
use crate::ports::PortError;

#[async_trait]
pub trait Lookup: Send + Sync + std::fmt::Debug {
    /// Asks about a number, with `roaming` also whether the phone is abroad. A repeat is a new question, for which the
    /// provider may charge.
    ///
    /// [`PortError::Refused`]: the provider does not answer this question. [`PortError::Unavailable`]: it was not asked.
    /// [`PortError::Unknown`]: it was asked, and there is no answer.
    async fn look_up(&self, number: Msisdn, roaming: bool) -> Result<NetworkAnswer, PortError>;
}
