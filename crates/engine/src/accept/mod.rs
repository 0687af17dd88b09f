//! The way in: everything that is sent is stored here, together with its reservation and its work.

mod batch;

pub(crate) use batch::Accept;
