//! The form of an answer, which the path names by its ending: `.json`, or `.xml`.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::tree::Node;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Xml,
}

impl Format {
    /// Of a path, or of the template of its route. Paths without an ending have JSON.
    pub(super) fn of(path: &str) -> Self {
        if path.ends_with(".xml") { Self::Xml } else { Self::Json }
    }

    /// Always with status 200: some clients read no body of any other.
    pub(super) fn write(self, tree: &Node) -> Response {
        let (content_type, body) = match self {
            Self::Json => ("application/json", tree.to_json()),
            Self::Xml => ("application/xml; charset=utf-8", tree.to_xml()),
        };
        ([(CONTENT_TYPE, content_type)], body).into_response()
    }
}
