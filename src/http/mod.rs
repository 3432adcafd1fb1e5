//! The edge: what every route shares, whatever it is about.

pub mod access_log;
pub mod address;
pub mod body;
pub mod catchers;
pub mod cors;
pub mod export;
pub mod fields;
pub mod list;
pub mod public_url;
pub mod query;
pub mod request_id;

pub use body::{DEEPEST, JsonBody, OptionalJsonBody};
pub use fields::{Fields, Parameter};
pub use public_url::PublicUrl;
pub use query::Query;
