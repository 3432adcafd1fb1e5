//! Where people reach the service: for links that are sent to them, and for cookies.

use std::net::{IpAddr, SocketAddr};

use rocket::Request;
use url::Url;

use super::address;

/// The header by which proxies tell it.
const FORWARDED_PROTO: &str = "X-Forwarded-Proto";

/// The address that the setting `public_url` names, if it does.
#[derive(Debug, Clone, Default)]
pub struct PublicUrl(pub Option<Url>);

impl PublicUrl {
    /// Where a path of ours is: below the public address, or else below the one that is listened on.
    pub fn link(&self, listening: &rocket::Config, path: &str) -> String {
        match &self.0 {
            Some(url) => format!("{}{path}", url.as_str().trim_end_matches('/')),
            None => format!("{}{path}", local(listening)),
        }
    }

    /// Whether a request came over TLS, as far as we or a trusted proxy can tell: then so will the next.
    pub fn is_secure(&self, request: &Request<'_>) -> bool {
        let is_forwarded = || {
            let protocol = request.headers().get_one(FORWARDED_PROTO);
            let is_https = protocol.is_some_and(|protocol| protocol.trim().eq_ignore_ascii_case("https"));
            is_https && address::is_by_trusted_proxy(request)
        };
        self.0.as_ref().is_some_and(|url| url.scheme() == "https")
            || request.rocket().config().tls_enabled()
            || is_forwarded()
    }
}

/// Where somebody at this machine reaches the service. "Everywhere" is no address to open in a browser.
pub fn local(listening: &rocket::Config) -> String {
    let scheme = if listening.tls_enabled() { "https" } else { "http" };
    match listening.address {
        address if !address.is_unspecified() => format!("{scheme}://{}", SocketAddr::new(address, listening.port)),
        IpAddr::V4(_) => format!("{scheme}://127.0.0.1:{}", listening.port),
        IpAddr::V6(_) => format!("{scheme}://[::1]:{}", listening.port),
    }
}
