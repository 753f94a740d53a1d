//! How many requests one client address may send: a first brake on every instance, before anything is
//! read or written. What costs money or guesses secrets is counted in the database besides.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderName, HeaderValue},
    middleware::Next,
    web::Data,
};
use domain::Code;
use governor::{
    RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};

use crate::{extract::Moment, problem::Problem};

/// Addresses that were not heard of for long are forgotten once in so many requests.
const TIDY_EVERY: u32 = 4096;

type Addresses =
    RateLimiter<IpAddr, DefaultKeyedStateStore<IpAddr>, DefaultClock, StateInformationMiddleware>;

/// Requests left for each client address.
pub struct Quota {
    per_minute: NonZeroU32,
    addresses: Addresses,
    requests: AtomicU32,
}

impl Quota {
    /// So many requests a minute, all at once or spread out.
    pub fn per_minute(requests: u32) -> Self {
        let per_minute = NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN);
        let quota = governor::Quota::per_minute(per_minute);
        Self {
            per_minute,
            addresses: RateLimiter::keyed(quota).with_middleware(),
            requests: AtomicU32::new(0),
        }
    }

    /// Takes one request from `client`: how many are left, or how long to wait.
    fn take(&self, client: IpAddr) -> Result<u32, Duration> {
        if self.requests.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.addresses.retain_recent();
        }
        match self.addresses.check_key(&network(client)) {
            Ok(state) => Ok(state.remaining_burst_capacity()),
            Err(until) => Err(until.wait_time_from(DefaultClock::default().now())),
        }
    }
}

/// A household has a whole /64 of IPv6 to choose from, so it counts as one client.
fn network(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

/// Refuses with 429 what is too much; says on other answers how much is left
/// (draft-ietf-httpapi-ratelimit-headers), but on cached public ones.
pub async fn limit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let quota = request.app_data::<Data<Quota>>().cloned();
    let (Some(quota), false) = (quota, is_health(request.path())) else {
        return next.call(request).await;
    };
    let client = Moment::of(request.request())?.client;
    let left =
        quota.take(client).map_err(|wait| Problem::from(domain::Error::wait(Code::TooManyRequests, wait)))?;
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    let public = |value: &HeaderValue| value.as_bytes().starts_with(b"public");
    if !headers.get(header::CACHE_CONTROL).is_some_and(public) {
        let policy = format!("\"address\";q={};w=60", quota.per_minute);
        for (name, value) in [("ratelimit-policy", policy), ("ratelimit", format!("\"address\";r={left}"))] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
    Ok(response)
}

fn is_health(path: &str) -> bool {
    matches!(path, "/livez" | "/readyz")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_own_quota() {
        let quota = Quota::per_minute(2);
        let client = |text: &str| quota.take(text.parse().unwrap());
        assert_eq!(client("192.0.2.1"), Ok(1));
        assert_eq!(client("192.0.2.1"), Ok(0));
        let wait = client("192.0.2.1").unwrap_err();
        assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(30), "{wait:?}");
        assert_eq!(client("192.0.2.2"), Ok(1));
    }

    #[test]
    fn a_household_counts_once() {
        let quota = Quota::per_minute(1);
        assert!(quota.take("2001:db8::1".parse().unwrap()).is_ok());
        assert!(quota.take("2001:db8::2".parse().unwrap()).is_err());
        assert!(quota.take("2001:db8:0:1::1".parse().unwrap()).is_ok());
    }
}
