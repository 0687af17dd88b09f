//! `/admin/v1/accounts/{account}/groups/{id}/contacts`: who is in a group. A file of contacts
//! (`text/csv`) is stored while it arrives: POST adds what is in it, PUT puts it in place of what is
//! there, once it is whole.

use std::future::poll_fn;
use std::pin::Pin;

use axum::Json;
use axum::body::{Body as Stream, HttpBody};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use domain::account::contacts::{Contact, UploadMode};
use domain::id::GroupId;
use domain::limits::CONTACTS_BYTES_MAX;
use domain::number::Msisdn;
use engine::directory::ContactUpload;
use serde_json::{Value, json};

use super::groups::view as group_view;
use super::operator::By;
use super::page::{limit, msisdn, page};
use super::path::Theirs;
use super::wrong::{none, not_done, not_uploaded};
use crate::bulk::{Refused, invalid};
use crate::read::QueryPairs;
use crate::refusal::{bad_request, too_large, too_slow};
use crate::settings::Door;

fn view(contact: &Contact) -> Value {
    json!({
        "number": contact.number.digits().to_string(),
        "name": contact.name,
        "fields": contact.fields,
    })
}

pub(crate) async fn list_contacts(
    State(door): State<Door>,
    Theirs(account, group): Theirs,
    query: QueryPairs,
) -> Result<Json<Value>, Refused> {
    let (limit, after) = (limit(&query)?, msisdn(&query, "after")?);
    let found = door.engine.house().contacts(account, GroupId(group), after, limit + 1).await;
    let found = found.map_err(not_done)?.ok_or_else(none)?;
    Ok(Json(page(found, limit, view, |contact| json!(contact.number.digits().to_string()))))
}

pub(crate) async fn add_contacts(
    State(door): State<Door>,
    named: Theirs,
    by: By,
    request: Request,
) -> Result<Json<Value>, Refused> {
    upload(&door, named, by, UploadMode::Add, request).await
}

pub(crate) async fn replace_contacts(
    State(door): State<Door>,
    named: Theirs,
    by: By,
    request: Request,
) -> Result<Json<Value>, Refused> {
    upload(&door, named, by, UploadMode::Replace, request).await
}

async fn upload(
    door: &Door,
    Theirs(account, group): Theirs,
    By(by): By,
    mode: UploadMode,
    request: Request,
) -> Result<Json<Value>, Refused> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/csv")) {
        return Err(invalid("the content type must be text/csv").unread());
    }
    let upload = door.engine.upload_contacts(account, GroupId(group), mode, door.settings.home);
    let mut upload = upload.await.map_err(|error| not_uploaded(&error).unread())?;
    if let Err(refused) = take(door, &mut upload, request.into_body()).await {
        // What cannot be given up now goes when it is old.
        let _ = upload.give_up().await;
        return Err(refused);
    }
    let (group, report) = upload.finish(by).await.map_err(|error| not_uploaded(&error))?;
    Ok(Json(json!({
        "group": group_view(&group),
        "lines": report.lines,
        "added": report.added,
        "repeated": report.repeated,
        "invalid": report.invalid,
        "firstInvalid": report.first_invalid,
    })))
}

async fn take(
    door: &Door,
    upload: &mut ContactUpload<'_>,
    mut body: Stream,
) -> Result<(), Refused> {
    let mut left = CONTACTS_BYTES_MAX;
    while let Some(bytes) = next(door, &mut body).await? {
        let length = bytes.len() as u64;
        left = left
            .checked_sub(length)
            .ok_or_else(|| too_large(usize::try_from(CONTACTS_BYTES_MAX).unwrap_or(usize::MAX)))?;
        upload.take(&bytes).await.map_err(|error| not_uploaded(&error).unread())?;
    }
    Ok(())
}

/// The next piece, within a time: who sends nothing for so long is not waited for.
async fn next(door: &Door, body: &mut Stream) -> Result<Option<Bytes>, Refused> {
    let within = door.settings.read_timeout;
    loop {
        let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx));
        let frame = tokio::time::timeout(within, frame).await;
        let Some(frame) = frame.map_err(|_| too_slow(within))? else { return Ok(None) };
        let frame = frame.map_err(|_| bad_request("the request body broke off"))?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
}

/// The last segment is the number.
pub(crate) async fn remove_contact(
    State(door): State<Door>,
    Theirs(account, group): Theirs,
    By(by): By,
    request: Request,
) -> Result<StatusCode, Refused> {
    let number = request.uri().path().rsplit('/').next().unwrap_or_default();
    let number: Msisdn = number.parse().map_err(|_| none())?;
    let (house, now) = (door.engine.house(), door.engine.now());
    let gone = house.remove_contact(account, GroupId(group), number, by, now).await;
    if gone.map_err(not_done)? { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}
