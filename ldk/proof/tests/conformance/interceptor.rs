//! Between client and node: holds a call for a payment up on its way, and makes routes dearer than they are.

use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::Value;

const BODY_MAX: usize = 65_536;

#[derive(Clone, Default)]
pub(crate) struct Interceptor(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    delay_next: bool,
    delayed: Vec<Value>,
    /// What a route costs beyond its real fee.
    dearer_msat: i64,
}

impl Interceptor {
    pub(crate) fn wrap(&self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self.clone(), intercept))
    }

    pub(crate) fn delay_next(&self) {
        self.0.lock().unwrap().delay_next = true;
    }

    /// The bodies of the calls that were held up.
    pub(crate) fn take_delayed(&self) -> Vec<Value> {
        std::mem::take(&mut self.0.lock().unwrap().delayed)
    }

    pub(crate) fn set_dearer(&self, msat: i64) {
        self.0.lock().unwrap().dearer_msat = msat;
    }
}

async fn intercept(State(this): State<Interceptor>, request: Request, next: Next) -> Response {
    if request.uri().path() != "/v2/router/send" {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, BODY_MAX).await.unwrap();
    let mut body: Value = serde_json::from_slice(&bytes).unwrap();
    {
        let mut inner = this.0.lock().unwrap();
        let limit: i64 = body["fee_limit_msat"].as_str().unwrap().parse().unwrap();
        body["fee_limit_msat"] = (limit - inner.dearer_msat).to_string().into();
        if std::mem::take(&mut inner.delay_next) {
            inner.delayed.push(body);
            return (StatusCode::BAD_GATEWAY, Json(serde_json::json!({}))).into_response();
        }
    }
    let mut request = Request::from_parts(parts, Body::from(body.to_string()));
    request.headers_mut().remove("content-length");
    next.run(request).await
}
