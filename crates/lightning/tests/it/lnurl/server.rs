//! A server of Lightning addresses on loopback, with faults.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use domain::payout::{LightningAddress, Network, NodeIdentity};
use domain::time::Timestamp;
use lightning_invoice::{Currency, InvoiceBuilder, PaymentSecret, Sha256};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// When its invoices are made.
pub(crate) const CREATED: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// Our node, which is another one.
pub(crate) const OURS: NodeIdentity = NodeIdentity { key: [2; 33], network: Network::Regtest };

const METADATA: &str = r#"[["text/identifier","me@example.com"],["text/plain","Thanks"]]"#;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// The invoice has the text itself.
    WithoutHash,
    WrongAmount,
    NoAmount,
    WrongHash,
    Expired,
    Mainnet,
    LongCltv,
    NotAnInvoice,
    /// One character is another one.
    Forged,
    HugeBody,
    HugeInvoice,
    NotJson,
    /// Another kind of LNURL.
    NotPay,
    MetadataIsNoList,
    MaxBelowMin,
    Error,
    ErrorOfInvoice,
    NotFound,
    Broken,
    Silent,
    RedirectsOnce,
    RedirectsTwice,
    RedirectsWithoutPlace,
    RedirectsToPrivate,
    RedirectsToMetadata,
    RedirectsToOtherScheme,
    PrivateCallback,
    FileCallback,
}

#[derive(Clone)]
struct Shared {
    fault: Fault,
    address: SocketAddr,
    paths: Arc<Mutex<Vec<String>>>,
    called: Arc<Notify>,
}

pub(crate) struct Server {
    shared: Shared,
    _task: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Shared { fault, address, paths: Arc::default(), called: Arc::default() };
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let mut task = JoinSet::new();
        task.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { shared, _task: task }
    }

    pub(crate) fn address(&self, user: &str) -> LightningAddress {
        format!("{user}@{}", self.shared.address).parse().unwrap()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.shared.paths.lock().unwrap().clone()
    }

    pub(crate) fn calls(&self) -> usize {
        self.paths().len()
    }

    pub(crate) async fn called(&self) {
        self.shared.called.notified().await;
    }
}

async fn answer(State(shared): State<Shared>, uri: Uri) -> Response {
    let path = uri.to_string();
    shared.paths.lock().unwrap().push(path.clone());
    shared.called.notify_one();
    if path.starts_with("/pay/") {
        let amount = path.rsplit_once("amount=").unwrap().1.parse().unwrap();
        return invoice(shared.fault, amount);
    }
    let redirected = path.contains("again");
    let here = format!("http://{}", shared.address);
    let again = || format!("{here}{}/again", uri.path());
    match shared.fault {
        Fault::Silent => std::future::pending().await,
        Fault::Error => error().into_response(),
        Fault::NotFound => StatusCode::NOT_FOUND.into_response(),
        Fault::Broken => StatusCode::BAD_GATEWAY.into_response(),
        Fault::NotJson => "<html>Welcome</html>".into_response(),
        Fault::HugeBody => vec![b' '; 64 * 1_024 + 1].into_response(),
        Fault::RedirectsOnce if !redirected => to(&again()),
        Fault::RedirectsTwice => to(&again()),
        Fault::RedirectsWithoutPlace => StatusCode::FOUND.into_response(),
        Fault::RedirectsToPrivate => to("http://10.0.0.7/"),
        Fault::RedirectsToMetadata => to("http://169.254.169.254/latest/meta-data/"),
        Fault::RedirectsToOtherScheme => to("ftp://example.com/"),
        fault => offer(fault, &here, uri.path()).into_response(),
    }
}

fn to(place: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, place.to_owned())]).into_response()
}

fn error() -> String {
    json!({ "status": "ERROR", "reason": "nobody here" }).to_string()
}

fn offer(fault: Fault, here: &str, path: &str) -> String {
    let user = path.trim_start_matches("/.well-known/lnurlp/");
    let callback = match fault {
        Fault::PrivateCallback => "http://192.168.1.1/pay".to_owned(),
        Fault::FileCallback => "file:///etc/passwd".to_owned(),
        _ => format!("{here}/pay/{user}?nonce=7"),
    };
    let (tag, metadata) = match fault {
        Fault::NotPay => ("withdrawRequest", METADATA),
        Fault::MetadataIsNoList => ("payRequest", "thanks"),
        _ => ("payRequest", METADATA),
    };
    let max = if fault == Fault::MaxBelowMin { 999 } else { 100_000_000 };
    json!({
        "tag": tag, "callback": callback, "minSendable": 1_000, "maxSendable": max,
        "metadata": metadata, "commentAllowed": 140,
    })
    .to_string()
}

fn invoice(fault: Fault, amount: u64) -> Response {
    let text = match fault {
        Fault::ErrorOfInvoice => return error().into_response(),
        Fault::HugeInvoice => "l".repeat(64 * 1_024),
        Fault::NotAnInvoice => "lnbcrt1".to_owned(),
        Fault::Forged => {
            let text = signed(fault, amount);
            let other = if text.ends_with('q') { 'p' } else { 'q' };
            format!("{}{other}", &text[..text.len() - 1])
        }
        _ => signed(fault, amount),
    };
    json!({ "pr": text, "routes": [] }).to_string().into_response()
}

fn signed(fault: Fault, amount: u64) -> String {
    let (secp, key) = (Secp256k1::new(), SecretKey::from_slice(&[0x33; 32]).unwrap());
    let currency = if fault == Fault::Mainnet { Currency::Bitcoin } else { Currency::Regtest };
    let metadata = if fault == Fault::WrongHash { "[]" } else { METADATA };
    let hash = Sha256(sha256::Hash::hash(metadata.as_bytes()));
    let created = u64::try_from(CREATED.as_secs()).unwrap();
    let age = if fault == Fault::Expired { 600 } else { 0 };
    let cltv = if fault == Fault::LongCltv { 145 } else { 40 };
    macro_rules! built {
        ($described:expr) => {
            $described
                .payment_hash(sha256::Hash::hash(&[7; 32]))
                .payment_secret(PaymentSecret([9; 32]))
                .duration_since_epoch(Duration::from_secs(created - age))
                .expiry_time(Duration::from_secs(600))
                .min_final_cltv_expiry_delta(cltv)
                .basic_mpp()
                .build_signed(|digest| secp.sign_ecdsa_recoverable(digest, &key))
                .unwrap()
                .to_string()
        };
    }
    let (new, wrong) = (|| InvoiceBuilder::new(currency.clone()), amount + 1_000);
    match fault {
        Fault::NoAmount => built!(new().description_hash(hash.0)),
        Fault::WithoutHash => {
            built!(new().amount_milli_satoshis(amount).description("Thanks".to_owned()))
        }
        Fault::WrongAmount => built!(new().amount_milli_satoshis(wrong).description_hash(hash.0)),
        _ => built!(new().amount_milli_satoshis(amount).description_hash(hash.0)),
    }
}
