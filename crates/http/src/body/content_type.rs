//! The content types of bodies with a few fields: JSON, which is also assumed without a content
//! type, and HTML forms.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};

use crate::envelope::Refusal;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentType {
    Json,
    Form,
}

/// Others are refused. Parameters such as a charset make no difference: JSON and forms are UTF-8.
pub(super) fn read_content_type(headers: &HeaderMap) -> Result<ContentType, Refusal> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(ContentType::Json) };
    let value = value.to_str().unwrap_or("?");
    let media = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media.as_str() {
        "" | "application/json" | "text/json" => Ok(ContentType::Json),
        "application/x-www-form-urlencoded" => Ok(ContentType::Form),
        media if media.starts_with("application/") && media.ends_with("+json") => {
            Ok(ContentType::Json)
        }
        _ => Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the content type must be application/json or application/x-www-form-urlencoded",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_json_and_forms_alone() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, value.parse().unwrap());
            read_content_type(&headers).ok()
        };
        for value in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/problem+json",
            "text/json",
            "",
        ] {
            assert_eq!(read(value), Some(ContentType::Json), "{value}");
        }
        for value in ["application/x-www-form-urlencoded", "application/x-www-form-urlencoded;q=1"]
        {
            assert_eq!(read(value), Some(ContentType::Form), "{value}");
        }
        for value in ["text/plain", "multipart/form-data; boundary=x", "application/xml", "json"] {
            assert_eq!(read(value), None, "{value}");
        }
        assert_eq!(read_content_type(&HeaderMap::new()).ok(), Some(ContentType::Json));
    }
}
