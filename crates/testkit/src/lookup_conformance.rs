//! The conformance suite of [`Lookup`], as named cases, and a fake provider. An implementation provides a [`Rig`] and
//! calls [`lookup_conformance!`](crate::lookup_conformance!).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a suite of tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use domain::number::Msisdn;
use domain::number::network::NetworkAnswer;
use domain::ports::{Lookup, PortError};

/// Numbers by the last digits, as the sandbox has them.
pub const REACHED: u64 = 4_520_123_456;
pub const REFUSED: u64 = 4_520_120_001;
pub const SILENT: u64 = 4_520_120_003;
pub const ABROAD: u64 = 4_520_120_005;

/// A provider that knows the four numbers.
pub trait Rig: Send + Sync {
    fn provider(&self) -> Arc<dyn Lookup>;
}

/// Creates a `#[tokio::test]` for every case; `$rig` is a function that creates a fresh [`Rig`].
#[macro_export]
macro_rules! lookup_conformance {
    ($rig:path) => {
        $crate::lookup_conformance! { @each $rig:
            answers_about_a_number
            refuses_a_number_that_it_does_not_know
            reports_silence_as_unknown
            asks_about_roaming_only_when_it_is_asked
        }
    };
    (@each $rig:path: $($case:ident)+) => {
        $(#[tokio::test]
        async fn $case() {
            $crate::lookup_conformance::$case(&$rig()).await;
        })+
    };
}

fn number(digits: u64) -> Msisdn {
    Msisdn::from_digits(digits).unwrap()
}

pub async fn answers_about_a_number(rig: &impl Rig) {
    let answer = rig.provider().look_up(number(REACHED), false).await.unwrap();
    assert_eq!((answer.stat.as_str(), answer.err), ("DELIVRD", 0));
    assert!(answer.mccmnc.is_some() && answer.original_network.is_some(), "{answer:?}");
    let imsi = answer.imsi.clone().unwrap();
    assert!(!format!("{answer:?}").contains(&imsi), "{answer:?}");
}

pub async fn refuses_a_number_that_it_does_not_know(rig: &impl Rig) {
    let refused = rig.provider().look_up(number(REFUSED), false).await;
    assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
}

pub async fn reports_silence_as_unknown(rig: &impl Rig) {
    let silent = rig.provider().look_up(number(SILENT), false).await;
    let Err(PortError::Unknown(why)) = silent else { panic!("{silent:?}") };
    assert!(!why.contains(&SILENT.to_string()), "{why}");
}

pub async fn asks_about_roaming_only_when_it_is_asked(rig: &impl Rig) {
    let provider = rig.provider();
    assert_eq!(provider.look_up(number(ABROAD), false).await.unwrap().roaming, None);
    assert_eq!(provider.look_up(number(ABROAD), true).await.unwrap().roaming, Some(true));
}

/// Answers as the suite wants it, and counts the questions.
#[derive(Debug, Default)]
pub struct FakeLookup {
    asked: AtomicU32,
}

impl FakeLookup {
    pub fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Lookup for FakeLookup {
    async fn look_up(&self, number: Msisdn, roaming: bool) -> Result<NetworkAnswer, PortError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match number.digits() {
            REFUSED => Err(PortError::Refused("no such number".to_owned())),
            SILENT => Err(PortError::Unknown("no answer".to_owned())),
            digits => Ok(NetworkAnswer {
                stat: "DELIVRD".to_owned(),
                err: 0,
                imsi: Some("238200123456789".to_owned()),
                mccmnc: Some(23_820),
                original_network: Some("MVNO - BiBoB".to_owned()),
                original_prefix: Some(4_242),
                ported_network: Some("Telia DK".to_owned()),
                ported_prefix: Some(4_211),
                roaming: roaming.then_some(digits == ABROAD),
            }),
        }
    }
}
