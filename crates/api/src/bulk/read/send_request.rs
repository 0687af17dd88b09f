//! The object that `send` and `preview` take, field by field, in any order. Unknown fields are ignored;
//! `null` is absent; the last of two equal fields counts.

use std::fmt;

use domain::id::{AccountId, GroupId, TemplateId};
use domain::limits;
use domain::message::address_list::AddressList;
use domain::message::campaign::Idempotency;
use domain::message::form::{Form, Link};
use domain::number::Notation;
use domain::sale::quote::Limits;
use domain::time::Timestamp;
use engine::accept::{
    CampaignWebhookRequest, Content, Demands, Draft, Payment, Priority, Recipients, Sender,
    Variables,
};
use http::{Refusal, Words, bad_request};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;

use super::field_error::{Must, wrong};
use super::numbers::Numbers;
use super::variables::Pairs;
use crate::moment;

/// What this door demands of a message.
const DEMANDS: Demands = Demands {
    limits: Limits {
        chars_max: limits::BULK_TEXT_CHARS_MAX,
        parts_max: u8::MAX,
        recipients_max: limits::MESSAGE_RECIPIENTS_MAX,
    },
    single_lane_max: 10,
};

#[derive(Debug, Default)]
pub(crate) struct SendRequest {
    pub(super) sender: Option<String>,
    pub(super) content: Option<String>,
    pub(super) template: Option<i64>,
    pub(super) group: Option<i64>,
    pub(super) variables: Variables,
    pub(super) to: AddressList,
    pub(super) start_at: Option<Timestamp>,
    pub(super) priority: Option<String>,
    pub(super) form: Option<String>,
    pub(super) link: Option<String>,
    pub(super) webhook_url: Option<String>,
    pub(super) webhook_events: Option<String>,
    pub dry_run: bool,
    pub idempotency: Option<Idempotency>,
}

impl SendRequest {
    pub(crate) fn take_sender(&mut self) -> Result<Sender, Refusal> {
        let name = self.sender.take().ok_or_else(|| bad_request("`sender` is required"))?;
        Ok(Sender::Approved(name))
    }

    /// An empty URL is an absent one.
    pub(crate) fn take_webhook(&mut self) -> Result<CampaignWebhookRequest, Refusal> {
        let events = self.webhook_events.take().map(|word| word.parse()).transpose();
        let events = events
            .map_err(|_| bad_request("`webhookEvents` must be \"finished\" or \"recipients\""))?;
        let url = self.webhook_url.take().filter(|url| !url.is_empty());
        Ok(CampaignWebhookRequest { url, events })
    }

    pub(crate) fn draft(self, account: AccountId, sender: Sender) -> Result<Draft, Refusal> {
        let priority = match self.priority.as_deref() {
            None | Some("normal") => Priority::Normal,
            Some("otp") => Priority::Otp,
            Some(_) => return Err(bad_request("`priority` must be \"normal\" or \"otp\"")),
        };
        let form = form(self.form.as_deref(), self.link.as_deref())?;
        let variables = self.variables;
        let content = match (self.content, self.template) {
            (Some(_), Some(_)) => {
                return Err(bad_request("either `content` or `templateId`, not both"));
            }
            (None, None) => return Err(bad_request("`content` or `templateId` is required")),
            (Some(text), None) => Content::Placeholders { text, variables },
            (None, Some(id)) => Content::Template { id: TemplateId(id), variables },
        };
        Ok(Draft {
            account: Some(account),
            payment: Payment::Shares,
            sender,
            content,
            form,
            charge: None,
            to: Recipients::Numbers { list: self.to, group: self.group.map(GroupId) },
            start_at: self.start_at,
            priority,
            demands: DEMANDS,
        })
    }
}

/// A link alone is not taken for a push: the text would be its title.
fn form(word: Option<&str>, link: Option<&str>) -> Result<Form, Refusal> {
    match (word, link) {
        (None | Some("text"), None) => Ok(Form::Text),
        (Some("flash"), None) => Ok(Form::Flash),
        (Some("silent"), None) => Ok(Form::Silent),
        (Some("push"), Some(link)) => {
            let link = Link::new(link).map_err(|error| bad_request(format!("`link`: {error}")))?;
            Ok(Form::Push(link))
        }
        (Some("push"), None) => Err(bad_request("`form` \"push\" requires `link`")),
        (None | Some("text" | "flash" | "silent"), Some(_)) => {
            Err(bad_request("`link` requires `form` \"push\""))
        }
        (Some(_), _) => {
            Err(bad_request("`form` must be \"text\", \"flash\", \"silent\" or \"push\""))
        }
    }
}

pub(super) fn read_object<'de, R: serde_json::de::Read<'de>>(
    mut from: serde_json::Deserializer<R>,
    notation: Notation,
) -> Result<SendRequest, Refusal> {
    let mut fields = SendRequest::default();
    let mut must: Words = "the request body must be a JSON object".into();
    let object = Object { fields: &mut fields, notation, must: &mut must };
    match from.deserialize_map(object).and_then(|()| from.end()) {
        Ok(()) => Ok(fields),
        Err(error) if error.classify() == Category::Data => Err(bad_request(must)),
        // serde's text may quote the content.
        Err(error) => Err(bad_request(format!(
            "the request body is not valid JSON (line {}, column {})",
            error.line(),
            error.column()
        ))),
    }
}

struct Object<'a> {
    fields: &'a mut SendRequest,
    notation: Notation,
    must: Must<'a>,
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self { fields, notation, must } = self;
        while let Some(name) = object.next_key::<String>()? {
            *must = what_it_must_be(&name).into();
            match name.as_str() {
                "sender" => fields.sender = object.next_value()?,
                "content" => fields.content = object.next_value()?,
                "templateId" => fields.template = object.next_value()?,
                "contactGroupId" => fields.group = object.next_value()?,
                "priority" => fields.priority = object.next_value()?,
                "form" => fields.form = object.next_value()?,
                "link" => fields.link = object.next_value()?,
                "webhookUrl" => fields.webhook_url = object.next_value()?,
                "webhookEvents" => fields.webhook_events = object.next_value()?,
                "dryRun" => fields.dry_run = object.next_value::<Option<_>>()?.unwrap_or(false),
                "scheduledTime" => {
                    let text: Option<String> = object.next_value()?;
                    let read = |text: String| moment::read(&text).ok_or_else(wrong);
                    fields.start_at = text.map(read).transpose()?;
                }
                "msisdns" => {
                    fields.to = object.next_value_seed(Numbers { notation, must: &mut *must })?;
                }
                "variables" => {
                    fields.variables = object.next_value_seed(Pairs { must: &mut *must })?;
                }
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

fn what_it_must_be(name: &str) -> &'static str {
    match name {
        "sender" => "`sender` must be a string",
        "content" => "`content` must be a string",
        "templateId" => "`templateId` must be an integer",
        "contactGroupId" => "`contactGroupId` must be an integer",
        "priority" => "`priority` must be a string",
        "form" => "`form` must be a string",
        "link" => "`link` must be a string",
        "webhookUrl" => "`webhookUrl` must be a string",
        "webhookEvents" => "`webhookEvents` must be a string",
        "dryRun" => "`dryRun` must be true or false",
        "scheduledTime" => {
            "`scheduledTime` must be an ISO 8601 time with its offset, as 2026-06-01T10:00:00+07:00"
        }
        "msisdns" => "`msisdns` must be a list of strings",
        "variables" => "`variables` must be an object of strings, numbers, true and false",
        _ => "the request body must be a JSON object",
    }
}
