//! What an account keeps here for its messages: sender names, templates, groups of contacts.

mod upload_contacts;

pub use upload_contacts::{ContactUpload, UploadError, UploadReport};
