//! One connection to one centre, through a proxy.

use std::fmt::Write;
use std::time::Duration;

use smpp::session::SessionConfig;
use testkit::faults::{Proxy, Toward};

use crate::centre::Centre;

/// Most parts in doubt after a lost connection.
pub(super) const WINDOW: u32 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Delivered,
    Refused,
    Failed,
}

pub(super) struct Lane {
    number: usize,
    pub(super) centre: Centre,
    pub(super) proxy: Proxy,
}

/// Octets passed in each direction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passed {
    pub(super) to_server: u64,
    pub(super) to_client: u64,
}

impl Passed {
    pub(super) const fn toward(self, toward: Toward) -> u64 {
        match toward {
            Toward::Server => self.to_server,
            Toward::Client => self.to_client,
        }
    }
}

impl Lane {
    pub(super) async fn open(number: usize) -> Self {
        let centre = Centre::choosy(SessionConfig {
            enquire_link: Some(Duration::from_secs(1)),
            response: Duration::from_secs(3),
            window: 2_000,
            ..SessionConfig::default()
        })
        .await;
        let proxy = Proxy::to(centre.address()).await;
        Self { number, centre, proxy }
    }

    /// Adds its carrier and route to the configuration.
    pub(super) fn configure(&self, config: &mut String) {
        let (number, port) = (self.number, self.proxy.address().port());
        write!(
            config,
            "[[carriers]]\nname = \"lane-{number}\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\n\
             port = {port}\nsystem_id = \"u\"\npassword = \"p\"\nwindow = {WINDOW}\n\
             connect_timeout_s = 1\nreconnect_ms = 50\nenquire_link_s = 1\n\
             response_timeout_s = 3\n\n\
             [[routes]]\nprefix = \"46701{number:02}\"\ncarriers = [\"lane-{number}\"]\n\n"
        )
        .unwrap();
    }

    /// The `at`th number of this lane, for which the centre produces this outcome.
    pub(super) fn phone(&self, at: usize, fate: Fate) -> String {
        let end = match fate {
            Fate::Delivered => 0,
            Fate::Refused => 1,
            Fate::Failed => 2,
        };
        format!("+46701{:02}{at:02}{end:02}", self.number)
    }

    pub(super) fn passed(&self) -> Passed {
        Passed {
            to_server: self.proxy.passed(Toward::Server),
            to_client: self.proxy.passed(Toward::Client),
        }
    }

    /// Number of accepted destinations, and of repeated submissions.
    pub(super) fn taken(&self) -> (usize, u32) {
        let taken = self.centre.taken();
        (taken.len(), taken.values().map(|times| times - 1).sum())
    }
}
