//! `boltgram phone token|list|number|sends|remove`.

use anyhow::Context;
use domain::account::AccountName;
use domain::account::operator::Actor;
use domain::id::PhoneId;
use domain::inbound::Party;
use domain::number::own::Country;
use domain::phone::{Phone, PhoneSim, SendTerms};
use domain::routing::CarrierName;
use domain::time::Timestamp;
use engine::phones::{PhoneList, SimNumber};
use serde_json::{Value, json};

use crate::cli::{InstanceArgs, ListArgs, PhoneNumberArgs};
use crate::config::CarrierKind;
use crate::open_store::{StoreAccess, load_config, open_existing_store};
use crate::output;
use crate::system::{os_random, system_clock};

const BY: Actor = Actor::CommandLine;

async fn open(instance: &InstanceArgs) -> anyhow::Result<(StoreAccess, PhoneList)> {
    let access = open_existing_store(instance).await?;
    let phones = PhoneList::new(access.store.clone(), system_clock(), os_random());
    Ok((access, phones))
}

async fn named(phones: &PhoneList, name: &str) -> anyhow::Result<PhoneId> {
    let found = find(phones, name).await?;
    found.with_context(|| format!("there is no phone {name:?}; `boltgram phone list` lists them"))
}

async fn find(phones: &PhoneList, name: &str) -> anyhow::Result<Option<PhoneId>> {
    let all = phones.list().await?;
    Ok(all.into_iter().find(|phone| phone.name == name).map(|phone| phone.id))
}

pub(super) async fn make_phone_token(
    instance: &InstanceArgs,
    name: &str,
    owner: Option<&AccountName>,
) -> anyhow::Result<()> {
    let (access, phones) = open(instance).await?;
    let token = match find(&phones, name).await? {
        Some(_) if owner.is_some() => {
            anyhow::bail!("there is a phone {name:?} already: its owner stays")
        }
        Some(phone) => phones.renew_token(phone, BY).await?,
        None => {
            let owner = match owner {
                Some(owner) => Some(access.account_named(owner).await?),
                None => None,
            };
            phones.add(name, owner, BY).await?.1
        }
    };
    output::line(token.expose())
}

pub(super) async fn remove_phone(instance: &InstanceArgs, name: &str) -> anyhow::Result<()> {
    let (_, phones) = open(instance).await?;
    phones.remove(named(&phones, name).await?, BY).await?;
    output::line(&format!("phone {name:?} removed"))
}

pub(super) async fn set_phone_number(
    instance: &InstanceArgs,
    args: &PhoneNumberArgs,
) -> anyhow::Result<()> {
    let country =
        Country::assigned(&args.country).with_context(|| format!("--country {}", args.country))?;
    let (_, phones) = open(instance).await?;
    let phone = named(&phones, &args.name).await?;
    let number = SimNumber {
        sim: args.sim,
        number: Party::new(&*args.number),
        country,
        rents: args.rent,
        is_proven: args.proven,
    };
    match phones.set_number(phone, number, BY).await? {
        None => output::line(&format!("SIM card {} has {}", args.sim, args.number)),
        Some(test) => output::line(&test),
    }
}

pub(super) async fn set_sim_sends(
    instance: &InstanceArgs,
    name: &str,
    sim: u8,
    sends: bool,
) -> anyhow::Result<()> {
    let (_, phones) = open(instance).await?;
    phones.set_sends(named(&phones, name).await?, sim, sends, BY).await?;
    let word = if sends { "sends" } else { "does not send" };
    output::line(&format!("SIM card {sim} of phone {name:?} {word}"))
}

/// The carriers that send by phones.
struct Senders(Vec<SendTerms>);

impl Senders {
    fn of(instance: &InstanceArgs) -> anyhow::Result<Self> {
        let config = load_config(instance)?.config;
        let terms = config.carriers.iter().filter_map(|carrier| match &carrier.kind {
            CarrierKind::Phones(section) => section.terms(CarrierName::new(&carrier.name)).ok(),
            _ => None,
        });
        Ok(Self(terms.collect()))
    }

    /// The limit of a day for a SIM card: the highest, if several carriers send from it. `None`: none does.
    fn daily_limit(&self, phone: &str, sim: &PhoneSim) -> Option<u32> {
        let of = self.0.iter().filter(|terms| sim.sends && terms.names(phone, sim.sim));
        of.map(|terms| terms.daily_limit).max()
    }
}

pub(super) async fn list_phones(instance: &InstanceArgs, list: ListArgs) -> anyhow::Result<()> {
    let (_, phones) = open(instance).await?;
    let (phones, now) = (phones.list().await?, system_clock().now());
    let headings = ["NAME", "STATE", "MODEL", "APP", "SEEN", "SIM CARDS"];
    let senders = Senders::of(instance)?;
    let (view, row) =
        (|phone: &_| view(phone, &senders, now), |phone: &_| row(phone, &senders, now));
    output::list(list, &phones, view, headings, row)
}

fn state(phone: &Phone, now: Timestamp) -> &'static str {
    match phone {
        Phone { model: None, .. } => "never registered",
        Phone { waits_for_push: true, .. } => "set its channel to SSE Only",
        phone if phone.is_ready(now) => "ready",
        _ => "not ready",
    }
}

fn view(phone: &Phone, senders: &Senders, now: Timestamp) -> Value {
    let sim = |sim: &PhoneSim| {
        json!({
            "sim": sim.sim,
            "network": sim.network,
            "card": sim.card,
            "number": sim.number.as_ref().map(|number| number.as_str()),
            "provenAt": sim.proven_at.map(output::moment),
            "test": sim.test,
            "sends": sim.sends,
            "sentToday": sim.sent_today(now),
            "dailyLimit": senders.daily_limit(&phone.name, sim),
        })
    };
    json!({
        "id": phone.id.0,
        "name": phone.name,
        "owner": phone.owner.map(|owner| owner.0),
        "state": state(phone, now),
        "model": phone.model,
        "app": phone.app_version,
        "health": phone.health.map(|health| health.as_str()),
        "seenAt": phone.seen_at.map(output::moment),
        "sims": phone.sims.iter().map(sim).collect::<Vec<_>>(),
    })
}

fn row(phone: &Phone, senders: &Senders, now: Timestamp) -> [String; 6] {
    let sim = |sim: &PhoneSim| {
        let number = match (&sim.number, sim.proven_at) {
            (None, _) => "no number".to_owned(),
            (Some(number), Some(_)) => format!("+{}", number.as_str()),
            (Some(number), None) => format!("+{} (not proven)", number.as_str()),
        };
        let sent = sim.sent_today(now);
        let sends = match senders.daily_limit(&phone.name, sim) {
            Some(limit) => format!(", sent {sent} of {limit} today"),
            None if sim.sends => ", sends by no carrier".to_owned(),
            None => String::new(),
        };
        format!("{}: {number}{sends}", sim.sim)
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        phone.name.clone(),
        state(phone, now).to_owned(),
        text(&phone.model),
        text(&phone.app_version),
        phone.seen_at.map(output::moment).unwrap_or_default(),
        phone.sims.iter().map(sim).collect::<Vec<_>>().join("; "),
    ]
}
