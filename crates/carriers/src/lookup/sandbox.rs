//! A simulated provider of lookups. Its answer depends on the last digits of the number alone:
//!
//! | number ends in | answer |
//! |---|---|
//! | 0001 | refused: the provider does not know the number |
//! | 0002 | absent subscriber (`UNDELIV`, error 27) |
//! | 0003 | no answer |
//! | 0004 | ported to another network |
//! | 0005 | abroad |
//! | anything else | reachable, not ported, at home |

use async_trait::async_trait;
use domain::number::Msisdn;
use domain::number::network::NetworkAnswer;
use domain::ports::{Lookup, PortError};

/// Absent subscriber (3GPP TS 29.002 §17.6).
const ABSENT: u32 = 27;

#[derive(Debug, Clone, Copy, Default)]
pub struct SandboxLookup;

#[async_trait]
impl Lookup for SandboxLookup {
    async fn look_up(&self, number: Msisdn, roaming: bool) -> Result<NetworkAnswer, PortError> {
        let end = number.digits() % 10_000;
        let reached = NetworkAnswer {
            stat: "DELIVRD".to_owned(),
            imsi: Some(format!("00101{:010}", number.digits() % 10_000_000_000)),
            mccmnc: Some(101),
            original_network: Some("Sandbox".to_owned()),
            original_prefix: Some(number.leading(6)),
            roaming: roaming.then_some(end == 5),
            ..NetworkAnswer::default()
        };
        match end {
            1 => Err(PortError::Refused("the provider does not know the number".to_owned())),
            2 => Ok(NetworkAnswer { stat: "UNDELIV".to_owned(), err: ABSENT, ..reached }),
            3 => Err(PortError::Unknown("the provider did not answer".to_owned())),
            4 => Ok(NetworkAnswer {
                mccmnc: Some(102),
                ported_network: Some("Sandbox Two".to_owned()),
                ported_prefix: Some(number.leading(6)),
                ..reached
            }),
            _ => Ok(reached),
        }
    }
}
