//! Reading requests as real clients write them: JSON bodies of any content type, query strings.
//! What is read is never quoted in an error.

mod body;
mod fields;
mod query;

pub(crate) use body::read_body;
pub(crate) use fields::Fields;
pub(crate) use query::QueryPairs;
