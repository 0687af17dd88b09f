//! Providers of lookups, by the conformance suite; over HTTP with a fake of the network.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use carriers::lookup::{
    HttpLookup, HttpLookupOptions, LookupConfigError, LookupPointers, SandboxLookup,
};
use domain::number::Msisdn;
use domain::ports::{Cause, Fetch, FetchError, FetchRequest, FetchResponse, Lookup, PortError};
use domain::secret::Secret;
use testkit::lookup_conformance::{ABROAD, REACHED, REFUSED, Rig, SILENT};
use url::Url;

/// Answers with a status and a body, and keeps the requests.
#[derive(Debug, Default)]
struct Network {
    answer: Mutex<Option<(u16, String)>>,
    requests: Mutex<Vec<FetchRequest>>,
}

#[async_trait]
impl Fetch for Network {
    fn check(&self, _: &Url) -> Result<(), FetchError> {
        Ok(())
    }

    fn address_of(&self, _: &Url) -> Option<std::net::IpAddr> {
        None
    }

    async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
        let url = request.url.to_string();
        self.requests.lock().unwrap().push(request);
        let planned = self.answer.lock().unwrap().clone();
        let of = |number: u64| url.contains(&number.to_string());
        let (status, body) = match planned {
            Some(planned) => planned,
            None if of(SILENT) => return Err(FetchError::TimedOut),
            None if of(REFUSED) => (404, "{}".to_owned()),
            None => (
                200,
                format!(
                    r#"{{"result":{{"state":"DELIVRD"}},"err":"0","imsi":238200123456789,
                "mccmnc":"23820","original_network":"A","roaming":{}}}"#,
                    of(ABROAD)
                ),
            ),
        };
        Ok(FetchResponse { status, retry_after: None, location: None, body: Bytes::from(body) })
    }
}

fn options(url: &str) -> HttpLookupOptions {
    let pointers = LookupPointers { stat: "/result/state".to_owned(), ..LookupPointers::default() };
    HttpLookupOptions {
        url: url.to_owned(),
        authorization: Some(Secret::new("Bearer s3cret")),
        timeout: Duration::from_secs(5),
        pointers,
    }
}

const URL: &str = "https://hlr.example/v1?number={msisdn}&roaming={roaming}";

fn over(network: &Arc<Network>) -> HttpLookup {
    HttpLookup::new(options(URL), network.clone()).unwrap()
}

mod sandbox {
    use super::*;

    struct OfSandbox;

    impl Rig for OfSandbox {
        fn provider(&self) -> Arc<dyn Lookup> {
            Arc::new(SandboxLookup)
        }
    }

    fn rig() -> OfSandbox {
        OfSandbox
    }

    testkit::lookup_conformance!(rig);
}

mod http {
    use super::*;

    struct OfHttp;

    impl Rig for OfHttp {
        fn provider(&self) -> Arc<dyn Lookup> {
            Arc::new(over(&Arc::default()))
        }
    }

    fn rig() -> OfHttp {
        OfHttp
    }

    testkit::lookup_conformance!(rig);
}

#[tokio::test]
async fn writes_the_number_and_the_secret_into_the_request() {
    let network = Arc::<Network>::default();
    let number = Msisdn::from_digits(REACHED).unwrap();
    let provider = over(&network);
    let answer = provider.look_up(number, true).await.unwrap();
    assert_eq!((answer.mccmnc, answer.roaming), (Some(23_820), Some(false)));
    let request = network.requests.lock().unwrap().remove(0);
    assert_eq!(request.url.as_str(), "https://hlr.example/v1?number=4520123456&roaming=true");
    assert_eq!(request.headers, [("authorization", "Bearer s3cret".to_owned())]);
    assert!(!format!("{provider:?}").contains("s3cret"));
}

#[tokio::test]
async fn what_is_no_answer_is_unknown() {
    let number = Msisdn::from_digits(REACHED).unwrap();
    for (status, body) in [(200, "{}"), (200, "<html>"), (401, "{}"), (500, ""), (302, "")] {
        let network = Arc::new(Network {
            answer: Mutex::new(Some((status, body.to_owned()))),
            ..Network::default()
        });
        let told = over(&network).look_up(number, false).await;
        assert!(matches!(told, Err(PortError::Unknown(_))), "{status} {body}: {told:?}");
    }
}

#[test]
fn a_url_names_the_number_after_its_host() {
    for (url, fits) in [
        (URL, true),
        ("http://10.0.0.1:8080/{msisdn}", true),
        ("https://hlr.example?n={msisdn}", true),
        ("https://hlr.example/v1", false),
        ("https://{msisdn}.hlr.example/", false),
        ("ftp://hlr.example/{msisdn}", false),
        ("{msisdn}", false),
    ] {
        let network = Arc::<Network>::default();
        assert_eq!(HttpLookup::new(options(url), network).is_ok(), fits, "{url}");
    }
    let mut wrong = options(URL);
    wrong.pointers.imsi = "imsi".to_owned();
    let network = Arc::<Network>::default();
    assert_eq!(HttpLookup::new(wrong, network).unwrap_err(), LookupConfigError::Pointer);
    let unreachable = FetchError::Unreachable(Cause::Name);
    assert!(unreachable.to_string().contains("no connection"));
}
