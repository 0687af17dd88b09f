//! An operator who manages templates and groups.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::running::{Home, Running};

/// Manages the first account.
pub(super) struct Operator {
    http: Client,
    base: String,
    key: String,
}

impl Operator {
    pub(super) fn new(home: &Home, server: &Running) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (base, key) = (server.url("/admin/v1"), home.answer(&["operator", "add", "Ida"]));
        Self { http: Client::new(), base, key }
    }

    /// Status and response.
    async fn call(&self, method: Method, path: &str, kind: &str, body: String) -> (u16, Value) {
        let request = self.http.request(method, format!("{}/accounts/1/{path}", self.base));
        let request = request.bearer_auth(&self.key).header("content-type", kind).body(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(super) async fn add_template(&self, name: &str, text: &str) -> (u16, Value) {
        let body = json!({"name": name, "text": text}).to_string();
        self.call(Method::POST, "templates", "application/json", body).await
    }

    /// Adds a template, which must succeed. Returns its id.
    pub(super) async fn template(&self, name: &str, text: &str) -> Value {
        let (status, template) = self.add_template(name, text).await;
        assert_eq!(status, 201, "{template}");
        template["id"].clone()
    }

    pub(super) async fn set(&self, settings: &Value) {
        let body = settings.to_string();
        let (status, set) = self.call(Method::PUT, "settings", "application/json", body).await;
        assert_eq!(status, 200, "{set}");
    }

    /// Adds a group with the contacts of this file. Returns its id and the response to the upload.
    pub(super) async fn group(&self, name: &str, file: &str) -> (Value, Value) {
        let body = json!({"name": name}).to_string();
        let (status, group) = self.call(Method::POST, "groups", "application/json", body).await;
        assert_eq!(status, 201, "{group}");
        let path = format!("groups/{}/contacts", group["id"]);
        let (status, told) = self.call(Method::PUT, &path, "text/csv", file.to_owned()).await;
        assert_eq!(status, 200, "{told}");
        (group["id"].clone(), told)
    }
}
