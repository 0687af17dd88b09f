//! `/admin/v1/accounts/{account}/groups/{id}/contacts`: the contacts of a group. A file of contacts
//! (`text/csv`) is stored while it arrives: POST adds its contacts, PUT replaces those of the group
//! with them, both once the whole file was read. `charset` in the content type, `separator` and `number`
//! in the query say what is otherwise detected.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use domain::account::contacts::{Contact, UploadMode};
use domain::id::GroupId;
use domain::limits::CONTACTS_BYTES_MAX;
use domain::number::Msisdn;
use engine::directory::{ContactUpload, FileFormat, InvalidRow};
use http::{By, QueryPairs, Refusal, bad_request, below_pace, next_chunk, too_large, too_slow};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::error_response::{none, not_uploaded, store_failed};
use super::groups::view as group_view;
use super::page::{limit, msisdn, page};
use super::path::Theirs;
use crate::settings::DoorState;

fn view(contact: &Contact) -> Value {
    json!({
        "number": contact.number.digits().to_string(),
        "name": contact.name,
        "fields": contact.fields,
    })
}

pub(crate) async fn list_contacts(
    State(door): State<DoorState>,
    Theirs(account, group): Theirs,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let (limit, after) = (limit(&query)?, msisdn(&query, "after")?);
    let found = door.engine.directory.contact_page(account, GroupId(group), after, limit + 1).await;
    let found = found.map_err(store_failed)?.ok_or_else(none)?;
    Ok(Json(page(found, limit, view, |contact| json!(contact.number.digits().to_string()))))
}

pub(crate) async fn add_contacts(
    State(door): State<DoorState>,
    named: Theirs,
    by: By,
    query: QueryPairs,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    upload(&door, named, by, UploadMode::Add, &query, request).await
}

pub(crate) async fn replace_contacts(
    State(door): State<DoorState>,
    named: Theirs,
    by: By,
    query: QueryPairs,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    upload(&door, named, by, UploadMode::Replace, &query, request).await
}

async fn upload(
    door: &DoorState,
    Theirs(account, group): Theirs,
    By(by): By,
    mode: UploadMode,
    query: &QueryPairs,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    let format = format(door, query, &request).map_err(Refusal::unread)?;
    let upload = door.engine.directory.upload_contacts(account, GroupId(group), mode, format);
    let mut upload = upload.await.map_err(|error| not_uploaded(&error).unread())?;
    if let Err(refused) = take(door, &mut upload, request.into_body()).await {
        // What cannot be given up now goes when it is old.
        let _ = upload.give_up().await;
        return Err(refused);
    }
    let (group, report) = upload.finish(by).await.map_err(|error| not_uploaded(&error))?;
    Ok(Json(json!({
        "group": group_view(&group),
        "lines": report.rows,
        "added": report.added,
        "repeated": report.repeated,
        "invalid": report.invalid,
        "firstInvalid": report.first_invalid.iter().map(|row| row.line).collect::<Vec<_>>(),
        "invalidLines": report.first_invalid.iter().map(invalid_line).collect::<Vec<_>>(),
    })))
}

fn invalid_line(row: &InvalidRow) -> Value {
    json!({"line": row.line, "value": row.shape, "reason": row.fault.to_string()})
}

/// What the request says about its file.
fn format(door: &DoorState, query: &QueryPairs, request: &Request) -> Result<FileFormat, Refusal> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let mut parameters = kind.unwrap_or_default().split(';').map(str::trim);
    if !parameters.next().is_some_and(|kind| kind.eq_ignore_ascii_case("text/csv")) {
        return Err(bad_request("the content type must be text/csv"));
    }
    let charset = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"').to_owned())
    });
    let separator = match query.get("separator") {
        None => None,
        Some("tab") => Some(b'\t'),
        Some(separator) => match separator.as_bytes() {
            [separator] => Some(*separator),
            _ => return Err(bad_request("`separator` must be one character, or `tab`")),
        },
    };
    let number = query.get("number").map(str::to_owned);
    Ok(FileFormat { charset, separator, number, notation: door.settings.numbers })
}

async fn take(
    door: &DoorState,
    upload: &mut ContactUpload<'_>,
    mut body: Body,
) -> Result<(), Refusal> {
    let (begun_at, mut left) = (Instant::now(), CONTACTS_BYTES_MAX);
    while let Some(bytes) = next(door, &mut body, begun_at, CONTACTS_BYTES_MAX - left).await? {
        let length = bytes.len() as u64;
        left = left
            .checked_sub(length)
            .ok_or_else(|| too_large(usize::try_from(CONTACTS_BYTES_MAX).unwrap_or(usize::MAX)))?;
        upload.take(&bytes).await.map_err(|error| not_uploaded(&error).unread())?;
    }
    Ok(())
}

/// The next piece, within a time, and at no slower pace than is allowed.
async fn next(
    door: &DoorState,
    body: &mut Body,
    begun_at: Instant,
    arrived: u64,
) -> Result<Option<Bytes>, Refusal> {
    let (within, pace) = (door.settings.read_timeout, door.settings.upload_pace);
    let (end, pace_end) = (Instant::now() + within, begun_at + pace.time_for(arrived));
    let late = || if pace_end < end { below_pace(pace) } else { too_slow(within) };
    timeout_at(end.min(pace_end), next_chunk(body)).await.unwrap_or_else(|_| Err(late()))
}

/// The last segment is the number.
pub(crate) async fn remove_contact(
    State(door): State<DoorState>,
    Theirs(account, group): Theirs,
    By(by): By,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let number = request.uri().path().rsplit('/').next().unwrap_or_default();
    let number: Msisdn = number.parse().map_err(|_| none())?;
    let removed = door.engine.directory.remove_contact(account, GroupId(group), number, by).await;
    if removed.map_err(store_failed)? { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}
