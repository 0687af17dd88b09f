//! `boltgram account profile`: shows an account's profile, and changes what is given.

use anyhow::Context;
use domain::account::AccountName;
use domain::account::operator::Actor;
use domain::account::profile::{AccountProfile, PROFILE_TEXTS, Profile};
use domain::number::Msisdn;
use serde_json::{Map, Value, json};

use crate::cli::{InstanceArgs, ProfileArgs, Switch};
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn set_profile(
    instance: &InstanceArgs,
    name: &AccountName,
    args: ProfileArgs,
) -> anyhow::Result<()> {
    let access = open_existing_store(instance).await?;
    let account = access.account_named(name).await?;
    let found = access.accounts.profile(account).await?;
    let mut found: AccountProfile = found.context("the account is gone")?;
    let json = args.json;
    let wanted = changed(found.profile.clone(), args);
    if wanted != found.profile {
        let set = access.accounts.set_profile(account, wanted, Actor::CommandLine).await;
        found.profile = set.map_err(|error| anyhow::anyhow!("the profile: {error}"))?;
    }
    let view = view(name, &found);
    if json {
        return output::line(&serde_json::to_string_pretty(&Value::Object(view))?);
    }
    for (field, value) in view {
        let shown = match value {
            Value::Null => "–".to_owned(),
            Value::String(text) => text,
            other => other.to_string(),
        };
        output::line(&format!("{field}: {shown}"))?;
    }
    Ok(())
}

fn changed(before: Profile, args: ProfileArgs) -> Profile {
    Profile {
        company_name: args.company_name.or(before.company_name),
        company_id: args.company_id.or(before.company_id),
        ean_number: args.ean_number.or(before.ean_number),
        full_name: args.full_name.or(before.full_name),
        street: args.street.or(before.street),
        zip_code: args.zip_code.or(before.zip_code),
        email: args.email.or(before.email),
        phone: args.phone.map_or(before.phone, |phone| phone.0),
        two_factor: args.two_factor.map_or(before.two_factor, |switch| switch == Switch::On),
    }
}

fn view(name: &AccountName, found: &AccountProfile) -> Map<String, Value> {
    let profile = &found.profile;
    let texts = PROFILE_TEXTS.into_iter().zip(profile.texts());
    let texts = texts.map(|(field, text)| (field.to_owned(), json!(text)));
    let mut view: Map<_, _> = texts.collect();
    view.insert("account".to_owned(), json!(name.as_str()));
    view.insert("phone".to_owned(), json!(profile.phone.map(Msisdn::e164)));
    view.insert("twoFactor".to_owned(), json!(profile.two_factor));
    view.insert("hasPassword".to_owned(), json!(found.has_password));
    view
}
