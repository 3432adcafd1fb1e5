//! Where a request comes from: the address of the client, also behind a proxy that is trusted to tell it.

use std::net::IpAddr;

use ipnet::IpNet;
use rocket::Request;

/// The header by which proxies tell it.
const FORWARDED_FOR: &str = "X-Forwarded-For";

/// The proxies that are believed.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(pub Vec<IpNet>);

impl TrustedProxies {
    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client behind this peer: the last address in the list that no trusted proxy has.
    fn client<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
        let mut client = peer;
        for told in forwarded.rev() {
            if !self.trust(client) {
                break;
            }
            // What is not an address was not written by a proxy that is worth believing.
            let Some(address) = address_in(told) else { break };
            client = address;
        }
        client
    }
}

/// An address, perhaps with a port; an IPv4 address in the clothes of IPv6 counts as itself.
fn address_in(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.trim_start_matches('[').split(']').next().unwrap_or_default();
    let address = text
        .parse()
        .or_else(|_| bare.parse())
        .or_else(|_| text.parse().map(|with_port: std::net::SocketAddr| with_port.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// The client's address; none on a connection that has no address.
pub fn client(request: &Request<'_>) -> Option<IpAddr> {
    let peer = request.remote()?.ip().to_canonical();
    let proxies = request.rocket().state::<TrustedProxies>()?;
    let forwarded: Vec<&str> = request.headers().get(FORWARDED_FOR).flat_map(|header| header.split(',')).collect();
    Some(proxies.client(peer, forwarded.into_iter()))
}

/// Whether a proxy that is believed passed a request on.
pub fn is_by_trusted_proxy(request: &Request<'_>) -> bool {
    let peer = request.remote().map(|remote| remote.ip().to_canonical());
    let proxies = request.rocket().state::<TrustedProxies>();
    peer.zip(proxies).is_some_and(|(peer, proxies)| proxies.trust(peer))
}

/// Whether a request comes from this very machine, and nobody passed it on for somebody else.
pub fn is_local(request: &Request<'_>) -> bool {
    let headers = request.headers();
    let is_passed_on = headers.iter().any(|header| {
        let name = header.name().as_str().to_ascii_lowercase();
        name.starts_with("x-forwarded-")
            || ["forwarded", "x-real-ip", "via", "cf-connecting-ip"].contains(&name.as_str())
    });
    // A proxy that says nothing of all this still passes on the name that the outside knows.
    let host = request.host().map(|host| host.domain().as_str().trim_matches(['[', ']']).to_owned());
    let is_own_name = host.is_some_and(|host| {
        host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback())
    });
    is_own_name && !is_passed_on && request.remote().is_some_and(|remote| remote.ip().to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &[&str], peer: &str, forwarded: &str) -> String {
        let proxies = TrustedProxies(trusted.iter().map(|network| network.parse().expect("a network")).collect());
        proxies
            .client(peer.parse().expect("an address"), forwarded.split(',').filter(|told| !told.is_empty()))
            .to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(client(&[], "10.0.0.1", "1.2.3.4"), "10.0.0.1");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", ""), "10.0.0.1");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", "1.2.3.4"), "1.2.3.4");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2"), "1.2.3.4");
        assert_eq!(client(&["10.0.0.0/8"], "9.9.9.9", "1.2.3.4"), "9.9.9.9");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", "unknown"), "10.0.0.1");
        assert_eq!(client(&["::1/128"], "::1", "[2001:db8::1]:4711"), "2001:db8::1");
        assert_eq!(client(&["127.0.0.0/8"], "127.0.0.1", "::ffff:1.2.3.4"), "1.2.3.4");
        assert_eq!(client(&["127.0.0.0/8"], "127.0.0.1", "1.2.3.4:80"), "1.2.3.4");
    }
}
