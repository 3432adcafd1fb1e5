//! The edge: what every route shares, whatever it is about.

pub mod access_log;
pub mod body;
pub mod catchers;
pub mod cors;
pub mod fields;
pub mod query;
pub mod request_id;
pub mod server_key;

pub use body::{DEEPEST, JsonBody, OptionalJsonBody};
pub use fields::{Fields, Parameter};
pub use query::Query;
pub use server_key::{ByServer, ServerKey};
