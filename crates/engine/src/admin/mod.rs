//! What operators do. Nearly all of it is one audited change of the store, and their door asks for
//! it there; what takes more than one is here.

mod operators;
mod refunds;
mod upload;

use domain::ports::Store;

pub use operators::{NewOperatorKey, add_operator};
pub use upload::{ContactUpload, UploadError, UploadReport};

use crate::engine::Engine;

impl Engine {
    /// For operators: every method is one change, audited in the same commit, or one look.
    pub fn house(&self) -> &dyn Store {
        &*self.store
    }
}
