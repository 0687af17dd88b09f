//! A wholesaler that speaks `handler_api.php`, in memory, as a [`Fetch`]: it lends numbers, takes money,
//! and fails on command.
//!
//! ```no_run
//! use domain::ports::FetchError;
//! use testkit::wholesaler::{Fault, Wholesaler};
//!
//! let north = Wholesaler::new();
//! north.stock("tg", 43, "0.50", 10);
//! // The next purchase is done, and its answer is lost.
//! north.fail("getNumberV2", Fault::Lose(FetchError::TimedOut));
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a fake for tests")]

mod act;
mod loans;
mod rentals;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use domain::ports::{Fetch, FetchError, FetchMethod, FetchRequest, FetchResponse};
use url::Url;

pub use self::loans::LentActivation;
pub use self::rentals::LentRental;

/// What goes wrong with one request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// It never arrives: nothing is done.
    Drop(FetchError),
    /// It is done, and the answer is lost.
    Lose(FetchError),
    /// It is done, and this is answered.
    Answer(u16, &'static str),
    /// Nothing is done, and this is answered.
    Instead(u16, &'static str),
    /// It is done at once, and answered so much later.
    Late(Duration),
}

/// In which respects wholesalers differ.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// `getNumberV2`.
    pub v2: bool,
    /// It keeps `idempotency_key` and lists it.
    pub keeps_keys: bool,
    /// `getActiveActivations`.
    pub lists: bool,
    /// That list has codes and texts.
    pub lists_codes: bool,
    /// A page of that list is no longer.
    pub page_max: usize,
    /// The list of rentals has services and ends.
    pub lists_ends: bool,
    /// Cancelled is -1 and not 8.
    pub cancels_old: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            v2: true,
            keeps_keys: false,
            lists: true,
            lists_codes: true,
            page_max: 100,
            lists_ends: true,
            cancels_old: false,
        }
    }
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Asked {
    pub action: String,
    pub parameters: HashMap<String, String>,
    /// It must not be sent a second time.
    pub once: bool,
}

#[derive(Debug, Default)]
struct Inside {
    style: Style,
    /// By service and country: the cost in cents, and how many.
    stock: BTreeMap<(String, u16), (u64, u64)>,
    /// In cents.
    balance: u64,
    numbers: u64,
    activations: BTreeMap<u64, LentActivation>,
    rentals: BTreeMap<u64, LentRental>,
    /// The next number of each is given once more.
    lies_about_cost: Option<&'static str>,
    gives_number: Option<&'static str>,
    gives_id: Option<u64>,
    writes_country: Option<&'static str>,
    faults: HashMap<String, VecDeque<Fault>>,
    asked: Vec<Asked>,
}

#[derive(Debug, Clone)]
pub struct Wholesaler {
    inside: Arc<Mutex<Inside>>,
}

/// The key that it knows.
pub const KEY: &str = "w-key";

/// Its first id.
const FIRST_ID: u64 = 635_468_021;

/// Its first number of Germany.
const FIRST_NUMBER: u64 = 4_915_112_345_600;

impl Default for Wholesaler {
    fn default() -> Self {
        Self::new()
    }
}

impl Wholesaler {
    /// With a balance of 1,000 units and nothing in stock.
    pub fn new() -> Self {
        let inside = Inside { balance: 100_000, ..Inside::default() };
        Self { inside: Arc::new(Mutex::new(inside)) }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    pub fn style(&self, style: Style) {
        self.inside().style = style;
    }

    /// `cost` in units with two decimals.
    pub fn stock(&self, service: &str, country: u16, cost: &str, count: u64) {
        let cost = cents(cost);
        self.inside().stock.insert((service.to_owned(), country), (cost, count));
    }

    pub fn set_balance(&self, units: &str) {
        self.inside().balance = cents(units);
    }

    /// The balance in cents.
    pub fn balance(&self) -> u64 {
        self.inside().balance
    }

    /// The next request of this action fails so; several fail one after the other.
    pub fn fail(&self, action: &str, fault: Fault) {
        self.inside().faults.entry(action.to_owned()).or_default().push_back(fault);
    }

    /// Every further number is said to cost this, and does.
    pub fn lie_about_cost(&self, cost: &'static str) {
        self.inside().lies_about_cost = Some(cost);
    }

    /// Every further number is written so.
    pub fn give_number(&self, number: &'static str) {
        self.inside().gives_number = Some(number);
    }

    /// Every further purchase is answered with this id.
    pub fn give_id(&self, id: u64) {
        self.inside().gives_id = Some(id);
    }

    /// The country of every number is written so, whichever it is.
    pub fn write_country(&self, country: &'static str) {
        self.inside().writes_country = Some(country);
    }

    /// How often an action arrived.
    pub fn count(&self, action: &str) -> usize {
        self.inside().asked.iter().filter(|asked| asked.action == action).count()
    }

    pub fn asked(&self, action: &str) -> Vec<Asked> {
        let inside = self.inside();
        inside.asked.iter().filter(|asked| asked.action == action).cloned().collect()
    }
}

/// `12.50` as 1250.
fn cents(units: &str) -> u64 {
    let (whole, fraction) = units.split_once('.').unwrap_or((units, "00"));
    whole.parse::<u64>().unwrap() * 100 + format!("{fraction:0<2}")[..2].parse::<u64>().unwrap()
}

fn units(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[async_trait]
impl Fetch for Wholesaler {
    fn check(&self, _: &Url) -> Result<(), FetchError> {
        Ok(())
    }

    fn address_of(&self, _: &Url) -> Option<IpAddr> {
        None
    }

    async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
        let parameters: HashMap<String, String> =
            request.url.query_pairs().map(|(name, value)| (name.into(), value.into())).collect();
        let action = parameters.get("action").cloned().unwrap_or_default();
        let once = matches!(request.method, FetchMethod::GetOnce);
        let respond = |status, body: String| {
            Ok(FetchResponse { status, retry_after: None, location: None, body: Bytes::from(body) })
        };
        let (answer, late) = self.answer(&action, &parameters, once, respond);
        tokio::time::sleep(late).await;
        answer
    }
}

impl Wholesaler {
    /// And how late it is.
    fn answer(
        &self,
        action: &str,
        parameters: &HashMap<String, String>,
        once: bool,
        respond: impl Fn(u16, String) -> Result<FetchResponse, FetchError>,
    ) -> (Result<FetchResponse, FetchError>, Duration) {
        let mut inside = self.inside();
        let (named, given) = (action.to_owned(), parameters.clone());
        inside.asked.push(Asked { action: named, parameters: given, once });
        let fault = inside.faults.get_mut(action).and_then(VecDeque::pop_front);
        let late = match fault {
            Some(Fault::Late(late)) => late,
            _ => Duration::ZERO,
        };
        let answer = match fault {
            Some(Fault::Drop(error)) => Err(error),
            Some(Fault::Instead(status, body)) => respond(status, body.to_owned()),
            Some(Fault::Lose(error)) => {
                inside.act(action, parameters);
                Err(error)
            }
            Some(Fault::Answer(status, body)) => {
                inside.act(action, parameters);
                respond(status, body.to_owned())
            }
            Some(Fault::Late(_)) | None => respond(200, inside.act(action, parameters)),
        };
        (answer, late)
    }
}
