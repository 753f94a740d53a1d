//! Where a request comes from, believing only proxies one runs oneself.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;

use crate::config::Networks;

/// The client's address: the peer's, or where the peer is a trusted proxy the last address in
/// `X-Forwarded-For` that is not one itself, or in `Forwarded` (RFC 7239) where there is no such header. Most
/// proxies write the former and pass on a `Forwarded` that the client made up.
pub fn client_address(request: &HttpRequest, trusted: &Networks) -> IpAddr {
    // Only a connection without an address, such as a test's, has no peer.
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
    let all = |name| request.headers().get_all(name).filter_map(|value| value.to_str().ok());
    let mut hops: Vec<Option<IpAddr>> =
        all("x-forwarded-for").flat_map(|list| list.split(',').map(address)).collect();
    if hops.is_empty() {
        hops = all("forwarded").flat_map(forwarded).collect();
    }
    let mut client = peer;
    for hop in hops.into_iter().rev() {
        match hop {
            Some(next) if trusted.contain(client) => client = next,
            _ => break,
        }
    }
    client
}

fn forwarded(list: &str) -> impl Iterator<Item = Option<IpAddr>> {
    list.split(',').map(|element| {
        element.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case("for").then(|| address(value))?
        })
    })
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `"[2001:db8::1]:80"`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => match text.split_once(':') {
            Some((host, port)) if !port.contains(':') => host,
            _ => text,
        },
    };
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn seen(peer: &str, trusted: &str, headers: &[(&str, &str)]) -> String {
        let mut request = TestRequest::default().peer_addr(format!("{peer}:1234").parse().unwrap());
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        client_address(&request.to_http_request(), &trusted.parse().unwrap()).to_string()
    }

    #[test]
    fn strangers_cannot_choose_their_address() {
        assert_eq!(seen("203.0.113.9", "", &[("X-Forwarded-For", "192.0.2.1")]), "203.0.113.9");
        assert_eq!(seen("203.0.113.9", "10.0.0.0/8", &[("Forwarded", "for=192.0.2.1")]), "203.0.113.9");
    }

    #[test]
    fn trusted_proxies_are_believed_from_the_right() {
        let proxies = "10.0.0.0/8";
        for (headers, client) in [
            (vec![("X-Forwarded-For", "198.51.100.7, 192.0.2.1")], "192.0.2.1"),
            (vec![("X-Forwarded-For", "192.0.2.1, 10.9.9.9")], "192.0.2.1"),
            (vec![("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", "10.9.9.9")], "192.0.2.1"),
            (vec![("Forwarded", "for=\"[2001:db8::1]:443\";proto=https")], "2001:db8::1"),
            (vec![("Forwarded", "for=192.0.2.1:80, FOR=10.0.0.2")], "192.0.2.1"),
            (vec![("Forwarded", "for=198.51.100.7"), ("X-Forwarded-For", "192.0.2.1")], "192.0.2.1"),
            (vec![("X-Forwarded-For", "192.0.2.1, nonsense")], "10.0.0.1"),
            (vec![("Forwarded", "for=unknown")], "10.0.0.1"),
            (vec![], "10.0.0.1"),
        ] {
            assert_eq!(seen("10.0.0.1", proxies, &headers), client, "{headers:?}");
        }
    }
}
