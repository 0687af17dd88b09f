//! The parameters of a call: those of the query string, and those of a form in the body, which win. The
//! last of two equal names counts; an empty value is absent; names that no endpoint reads are ignored.

use std::fmt;

use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use encoding_rs::WINDOWS_1252;
use http::{BodyLimits, FormPair, Refusal, form_pairs, read_body};

/// As they were sent, in a charset that is not known yet. Not for logs.
pub(super) struct RawParameters(Vec<(String, Vec<u8>)>);

/// Not for logs.
pub(super) struct Parameters(Vec<(String, String)>);

/// A value is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotUtf8;

impl RawParameters {
    pub(super) async fn read(request: Request, limits: BodyLimits) -> Result<Self, Refusal> {
        let query = request.uri().query().unwrap_or_default();
        let mut pairs: Vec<_> = form_pairs(query.as_bytes()).map(owned).collect();
        let is_form = is_form(request.headers());
        let body = read_body(request, limits).await?;
        if !body.is_empty() {
            is_form?;
            pairs.extend(form_pairs(&body).map(owned));
        }
        Ok(Self(pairs))
    }

    /// Before the charset is known: other bytes than ASCII are replaced in a value that is not UTF-8.
    pub(super) fn ascii(&self, name: &str) -> Option<String> {
        let value = find(&self.0, name).filter(|value| !value.is_empty())?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    pub(super) fn are_utf8(&self) -> bool {
        self.0.iter().all(|(_, value)| str::from_utf8(value).is_ok())
    }

    pub(super) fn into_utf8(self) -> Result<Parameters, NotUtf8> {
        self.decode(|value| String::from_utf8(value).map_err(|_| NotUtf8))
    }

    /// Values that are not UTF-8 are read as Windows-1252, which has every character of Latin-1.
    pub(super) fn into_utf8_or_latin1(self) -> Result<Parameters, NotUtf8> {
        let latin1 = |value: &[u8]| WINDOWS_1252.decode_without_bom_handling(value).0.into_owned();
        self.decode(|value| Ok(String::from_utf8(value).unwrap_or_else(|e| latin1(e.as_bytes()))))
    }

    fn decode(
        self,
        decode: impl Fn(Vec<u8>) -> Result<String, NotUtf8>,
    ) -> Result<Parameters, NotUtf8> {
        let pairs = self.0.into_iter().map(|(name, value)| Ok((name, decode(value)?)));
        pairs.collect::<Result<_, _>>().map(Parameters)
    }
}

impl Parameters {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        find(&self.0, name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Also an empty one.
    pub(super) fn written(&self, name: &str) -> Option<&str> {
        find(&self.0, name).map(String::as_str)
    }

    /// `true` or `1`; anything else is false.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }
}

fn find<'a, T>(pairs: &'a [(String, T)], name: &str) -> Option<&'a T> {
    pairs.iter().rfind(|(known, _)| known == name).map(|(_, value)| value)
}

fn owned((name, value): FormPair<'_>) -> (String, Vec<u8>) {
    (String::from_utf8_lossy(&name).into_owned(), value.into_owned())
}

/// Programs that post a form name its type, or none.
fn is_form(headers: &HeaderMap) -> Result<(), Refusal> {
    let media = headers.get(CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or("?"));
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media.as_str() {
        "" | "application/x-www-form-urlencoded" => Ok(()),
        "multipart/form-data" => Err(unsupported(
            "multipart/form-data is not read; post application/x-www-form-urlencoded (in PHP with \
             http_build_query)",
        )),
        _ => Err(unsupported("the body must be application/x-www-form-urlencoded")),
    }
}

fn unsupported(reason: &'static str) -> Refusal {
    Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason)
}

impl fmt::Debug for RawParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawParameters({})", self.0.len())
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parameters({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::Body;

    use super::*;

    const LIMITS: BodyLimits = BodyLimits { bytes_max: 1_000, timeout: Duration::from_secs(5) };

    async fn raw(query: &str, content_type: &str, body: &'static [u8]) -> RawParameters {
        let request = Request::post(format!("/sms/api.json{query}"))
            .header(CONTENT_TYPE, content_type)
            .body(Body::from(body));
        RawParameters::read(request.unwrap(), LIMITS).await.unwrap()
    }

    #[tokio::test]
    async fn a_form_wins_over_the_query_string() {
        for (query, body, text) in [
            ("?text=a+b%20c", &b""[..], Some("a b c")),
            ("?text=a", b"text=b", Some("b")),
            ("?text=a", b"text=", None),
            ("?", b"text=%C3%A6%E2%82%AC", Some("æ€")),
            ("", b"text=1&text=2", Some("2")),
            ("?text", b"", None),
            ("?TEXT=a", b"", None),
            ("?%ff=x&text=a%", b"", Some("a%")),
        ] {
            let all = raw(query, "application/x-www-form-urlencoded", body).await;
            assert_eq!(all.into_utf8().unwrap().get("text"), text, "{query} {body:?}");
        }
    }

    #[tokio::test]
    async fn other_bytes_are_refused_or_read_as_latin1() {
        let all = async || raw("?text=r%F8d+%80&user=%C3%B8", "", b"").await;
        assert!(!all().await.are_utf8());
        assert_eq!(all().await.into_utf8().unwrap_err(), NotUtf8);
        let read = all().await.into_utf8_or_latin1().unwrap();
        assert_eq!((read.get("text"), read.get("user")), (Some("rød €"), Some("ø")));
    }

    #[tokio::test]
    async fn only_forms_are_read() {
        for (content_type, body, reads) in [
            ("application/json", "", true),
            ("application/json", "{}", false),
            ("multipart/form-data; boundary=x", "--x", false),
            ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", "a=b", true),
            ("text/plain", "a=b", false),
        ] {
            let request = Request::post("/sms/api.json").header(CONTENT_TYPE, content_type);
            let request = request.body(Body::from(body)).unwrap();
            let read = RawParameters::read(request, LIMITS).await;
            assert_eq!(read.is_ok(), reads, "{content_type} {body}");
        }
    }

    #[tokio::test]
    async fn true_and_1_are_true() {
        let all = raw("?a=true&b=1&c=TRUE&d=yes&e=false&f=", "", b"").await.into_utf8().unwrap();
        let flags = ["a", "b", "c", "d", "e", "f", "g"].map(|name| all.flag(name));
        assert_eq!(flags, [true, true, true, false, false, false, false]);
    }
}
