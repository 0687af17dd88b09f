//! `GET /api/v2/sms/{uuid}/recipients`: the recipients of a message and their states. With `after` by
//! cursor, which costs the same for every page; without it by `page`.

use axum::Json;
use axum::extract::State;
use domain::limits;
use domain::message::campaign::BulkRecipient;
use engine::campaigns::RecipientsAsked;
use http::{QueryPairs, Refusal};
use serde::Serialize;

use super::caller::MayLook;
use super::error_response::not_read;
use super::message_id::Named;
use super::page::{Page, read_number};
use super::status::{Summary, Total, states_of, status_of};
use crate::moment::Moment;
use crate::settings::DoorState;

const LIMIT: u32 = 100;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecipientView {
    /// From 1.
    id: u32,
    msisdn: String,
    status: &'static str,
    updated_at: Moment,
}

#[derive(Serialize)]
pub(crate) struct Recipients {
    data: Vec<RecipientView>,
    #[serde(flatten)]
    place: Place,
    summary: Vec<Total>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Place {
    #[serde(rename_all = "camelCase")]
    Cursor {
        /// The id of the last recipient that was read; `null` at the end.
        next_cursor: Option<u32>,
        has_more: bool,
    },
    Page {
        total: u32,
        #[serde(flatten)]
        page: Page,
    },
}

pub(crate) async fn list_recipients(
    State(door): State<DoorState>,
    MayLook(account): MayLook,
    Named(message): Named,
    query: QueryPairs,
) -> Result<Json<Recipients>, Refusal> {
    let page = Page::read(&query, LIMIT, limits::RECIPIENTS_PAGE_MAX)?;
    let states = states_of(query.written("status"))?;
    let after = read_number(&query, "after")?;
    let asked = match after {
        // An id is an index plus one, so the index after it is the same number.
        Some(after) => RecipientsAsked::From(after),
        None => RecipientsAsked::Page { offset: u32::try_from(page.offset()).unwrap_or(u32::MAX) },
    };
    let found =
        door.engine.campaigns.recipients(account, message, states, asked, page.limit()).await;
    let found = found.map_err(|error| not_read(&error))?;
    let place = match after {
        Some(_) => Place::Cursor { next_cursor: found.next, has_more: found.next.is_some() },
        None => Place::Page { total: found.total, page },
    };
    let data = found.recipients.into_iter().map(view).collect();
    Ok(Json(Recipients { data, place, summary: Summary::of(&found.counts).totals() }))
}

fn view(recipient: BulkRecipient) -> RecipientView {
    RecipientView {
        id: recipient.index + 1,
        msisdn: recipient.address,
        status: status_of(recipient.state),
        updated_at: Moment(recipient.updated_at),
    }
}
