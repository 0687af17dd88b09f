//! The way in: everything that is sent is stored here, together with its reservation and its chunks.

mod batch;

use std::sync::{Arc, Mutex};

use domain::ports::OrderStore;

use crate::dispatch::Dispatcher;
use crate::tasks::Tasks;
use crate::wake::Wake;

#[derive(Debug)]
pub struct Accept {
    pub(crate) store: Arc<dyn OrderStore>,
    pub(crate) dispatch: Arc<Dispatcher>,
    pub(crate) wake: Arc<Wake>,
    pub(crate) tasks: Tasks,
    /// Orders paid from credit that wait for the next call of the store.
    pub(crate) waiting: Mutex<batch::Waiting>,
}
