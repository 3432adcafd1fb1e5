//! A name for each request, in its answer and in the log.

use rocket::Request;
use uuid::Uuid;

/// The header that carries it, both ways.
pub const HEADER: &str = "X-Request-Id";

struct RequestId(String);

/// The id of this request: the one that a proxy gave it, if that is a short plain name, else a new one.
pub fn of<'r>(request: &'r Request<'_>) -> &'r str {
    let id: &RequestId = request.local_cache(|| {
        let given = request.headers().get_one(HEADER).filter(|id| is_plain(id));
        RequestId(given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned))
    });
    &id.0
}

/// An id goes into the log as it is: nothing that could be an email address or break a line.
fn is_plain(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
