//! How many requests one client address and one account may send: a first brake, before anything is
//! written. What costs money or guesses secrets is counted in the database besides.
//!
//! Each instance counts for itself and tells the others through the database: a subject that sends much
//! at once, everything else every second. Where the database does not answer, each goes on counting for
//! itself: reads stay open, and whatever counts in the database fails with it.

mod policy;

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use actix_web::{
    Error, HttpMessage, HttpRequest, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use domain::{Code, Scope, Store, limits, store::StoreError};
use uuid::Uuid;

use crate::{clock::Clock, config::Config, extract::Moment, problem::Problem};
use policy::{Left, Policy};

/// How often the others are told.
pub const TELL_EVERY: Duration = Duration::from_secs(1);

/// Requests left for each client address and each account.
pub struct Quota {
    addresses: Policy<IpAddr>,
    accounts: Policy<Uuid>,
    /// Where instances meet; nowhere where there can be only one.
    shared: Option<Arc<dyn Store>>,
    clock: Clock,
}

/// What became of the request's quotas, for its answer's headers.
#[derive(Clone, Default)]
struct Taken {
    address: Option<Left>,
    account: Option<Left>,
}

const NOTHING: Left = Left { requests: 0, reset: 60 };

impl Quota {
    /// Quotas as configured. `shared` is where other instances count as well.
    pub fn new(config: &Config, clock: Clock, shared: Option<Arc<dyn Store>>) -> Self {
        Self {
            addresses: Policy::new("address", config.http.requests_per_minute),
            accounts: Policy::new("account", config.http.account_requests_per_minute),
            shared,
            clock,
        }
    }

    async fn take_address(&self, client: IpAddr) -> Result<Left, Duration> {
        let network = network(client);
        let left = self.addresses.take(&network)?;
        if self.shared.is_some()
            && let Some(more) = self.addresses.note(&network)
        {
            self.tell(&self.addresses, vec![(network, more)]).await;
        }
        Ok(left)
    }

    async fn take_account(&self, account: Uuid) -> Result<Left, Duration> {
        let left = self.accounts.take(&account)?;
        if self.shared.is_some()
            && let Some(more) = self.accounts.note(&account)
        {
            self.tell(&self.accounts, vec![(account, more)]).await;
        }
        Ok(left)
    }

    /// Tells the others what was let through here since the last time, and hears of them.
    pub async fn meet(&self) {
        if self.shared.is_some() {
            self.tell(&self.addresses, self.addresses.untold()).await;
            self.tell(&self.accounts, self.accounts.untold()).await;
        }
    }

    async fn tell<K>(&self, policy: &Policy<K>, untold: Vec<(K, u32)>)
    where
        K: std::hash::Hash + Eq + Clone + ToString,
    {
        let now = self.clock.now();
        for some in untold.chunks(limits::MOST_COUNTED) {
            let counts: Vec<_> =
                some.iter().map(|(subject, more)| (subject.to_string(), u64::from(*more))).collect();
            match self.count(policy.name, &counts).await {
                Ok(together) => {
                    for ((subject, more), together) in some.iter().zip(together) {
                        policy.heard(now, subject, *more, together);
                    }
                }
                Err(error) => {
                    metrics::counter!("quotas_untold_total").increment(1);
                    tracing::warn!(%error, "quotas are counted by this instance alone for now");
                }
            }
        }
    }

    async fn count(&self, rule: &str, counts: &[(String, u64)]) -> Result<Vec<u64>, StoreError> {
        let Some(store) = &self.shared else { return Ok(Vec::new()) };
        let tx = store.begin(Scope::Installation).await?;
        let together = tx.count_many(rule, limits::minute_of(self.clock.now()), counts).await?;
        tx.commit().await?;
        Ok(together)
    }

    fn write(&self, taken: &Taken, headers: &mut HeaderMap) {
        let quotas = [
            (self.addresses.name, self.addresses.per_minute, taken.address),
            (self.accounts.name, self.accounts.per_minute, taken.account),
        ];
        let mut policies = Vec::new();
        let mut states = Vec::new();
        for (name, per_minute, left) in quotas {
            if let Some(Left { requests, reset }) = left {
                policies.push(format!("\"{name}\";q={per_minute};w=60"));
                states.push(format!("\"{name}\";r={requests};t={reset}"));
            }
        }
        for (name, value) in [("ratelimit-policy", policies), ("ratelimit", states)] {
            if let Ok(value) = HeaderValue::from_str(&value.join(", ")) {
                headers.insert(HeaderName::from_static(name), value);
            }
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

/// Takes one request of an account, a guest or a program, once for each request that is served.
///
/// # Errors
/// [`Code::TooManyRequests`].
pub async fn take_account(request: &HttpRequest, account: Uuid) -> Result<(), Problem> {
    let Some(quota) = request.app_data::<Data<Quota>>() else { return Ok(()) };
    let mut taken = request.extensions().get::<Taken>().cloned().unwrap_or_default();
    if taken.account.is_some() {
        return Ok(());
    }
    let outcome = quota.take_account(account).await;
    taken.account = Some(*outcome.as_ref().unwrap_or(&NOTHING));
    request.extensions_mut().insert(taken);
    outcome.map(drop).map_err(too_many)
}

fn too_many(wait: Duration) -> Problem {
    domain::Error::wait(Code::TooManyRequests, wait).into()
}

/// Refuses with 429 what is too much; says on other answers how much is left
/// (draft-ietf-httpapi-ratelimit-headers), but on cached public ones.
pub async fn limit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let quota = request.app_data::<Data<Quota>>().cloned();
    let (Some(quota), false) = (quota, is_health(request.path())) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let client = Moment::of(request.request())?.client;
    let outcome = quota.take_address(client).await;
    let taken = Taken { address: Some(*outcome.as_ref().unwrap_or(&NOTHING)), account: None };
    if let Err(wait) = outcome {
        let mut refused = too_many(wait).error_response();
        quota.write(&taken, refused.headers_mut());
        return Ok(request.into_response(refused));
    }
    request.extensions_mut().insert(taken);
    let mut response = next.call(request).await?.map_into_boxed_body();
    let taken = response.request().extensions().get::<Taken>().cloned().unwrap_or_default();
    let refused = response.status() == StatusCode::TOO_MANY_REQUESTS;
    let headers = response.headers_mut();
    let public = |value: &HeaderValue| value.as_bytes().starts_with(b"public");
    if refused || !headers.get(header::CACHE_CONTROL).is_some_and(public) {
        quota.write(&taken, headers);
    }
    Ok(response)
}

fn is_health(path: &str) -> bool {
    matches!(path, "/livez" | "/readyz")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(per_minute: u32) -> Quota {
        let mut config = Config::default();
        config.http.requests_per_minute = per_minute;
        Quota::new(&config, Clock::system(), None)
    }

    #[actix_web::test]
    async fn each_address_has_its_own_quota() {
        let quota = quota(2);
        let client =
            async |text: &str| quota.take_address(text.parse().unwrap()).await.map(|left| left.requests);
        assert_eq!(client("192.0.2.1").await, Ok(1));
        assert_eq!(client("192.0.2.1").await, Ok(0));
        let wait = client("192.0.2.1").await.unwrap_err();
        assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(30), "{wait:?}");
        assert_eq!(client("192.0.2.2").await, Ok(1));
    }

    #[actix_web::test]
    async fn a_household_counts_once() {
        let quota = quota(1);
        assert!(quota.take_address("2001:db8::1".parse().unwrap()).await.is_ok());
        assert!(quota.take_address("2001:db8::2".parse().unwrap()).await.is_err());
        assert!(quota.take_address("2001:db8:0:1::1".parse().unwrap()).await.is_ok());
    }
}
