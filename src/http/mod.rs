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

use rocket::tokio::task::spawn_blocking;

pub use self::{
    body::{DEEPEST, JsonBody, OptionalJsonBody},
    fields::{Fields, Parameter},
    public_url::PublicUrl,
    query::Query,
};
use crate::problem::Problem;

/// Has something done off the async threads: it may take a tenth of a second, in which nobody else is to wait.
pub async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    spawn_blocking(work).await.map_err(|_| Problem::Internal)
}
