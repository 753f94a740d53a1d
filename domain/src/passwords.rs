//! How often passwords may be tried.
//!
//! Ten tries lock one client out of one address for a while, not the address: else anybody could keep a clerk
//! whose address they know from signing in. An address as such bears a hundred an hour, which is what guesses
//! from many places share (NIST SP 800-63B-4, 3.2.2: at most a hundred in a row).

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    Result, StoreError,
    limits::{self, CounterReads, CounterWrites, Quota, refuse_spent, spend},
};

/// The limits at one door.
#[derive(Clone, Copy, Debug)]
pub struct Tries {
    per_client: Quota,
    per_address: Quota,
    per_client_and_address: Quota,
}

/// Staff of a town hall.
pub const STAFF: Tries = Tries {
    per_client: Quota::new("passwords_per_client", 60, TimeDelta::minutes(15)),
    per_address: Quota::new("passwords_per_address", 100, TimeDelta::hours(1)),
    per_client_and_address: Quota::new("passwords_per_client_and_address", 10, TimeDelta::minutes(15)),
};

/// Citizens. A mobile operator puts many phones behind one client address.
pub const CITIZENS: Tries = Tries {
    per_client: Quota::new("citizen_passwords_per_client", 60, TimeDelta::minutes(15)),
    per_address: Quota::new("citizen_passwords_per_address", 100, TimeDelta::hours(1)),
    per_client_and_address: Quota::new(
        "citizen_passwords_per_client_and_address",
        10,
        TimeDelta::minutes(15),
    ),
};

/// Whoever tries, and for whom.
#[derive(Clone, Debug)]
pub struct Try {
    client: String,
    address: String,
    both: String,
}

impl Try {
    /// From `client`, for the e-mail address or number `address`.
    pub fn new(client: IpAddr, address: &str) -> Self {
        let client = limits::client(client);
        Self { both: format!("{client} {address}"), client, address: address.to_owned() }
    }
}

impl Tries {
    fn of<'t>(&self, one: &'t Try) -> [(Quota, &'t str); 3] {
        [
            (self.per_client, &one.client),
            (self.per_address, &one.address),
            (self.per_client_and_address, &one.both),
        ]
    }

    /// Refuses at once what [`Self::count`] would refuse.
    ///
    /// # Errors
    /// [`crate::Code::TooManyRequests`].
    pub async fn refuse<C: CounterReads + ?Sized>(
        &self,
        counters: &C,
        now: DateTime<Utc>,
        one: &Try,
    ) -> Result<()> {
        refuse_spent(counters, now, &self.of(one)).await
    }

    /// Counts one more, whether there is somebody of that address or not.
    ///
    /// # Errors
    /// [`crate::Code::TooManyRequests`].
    pub async fn count<C: CounterWrites + ?Sized>(
        &self,
        counters: &C,
        now: DateTime<Utc>,
        one: &Try,
    ) -> Result<()> {
        for (quota, subject) in self.of(one) {
            spend(counters, now, quota, subject).await?;
        }
        Ok(())
    }

    /// Forgets the tries of whoever just proved, by other means, that the address is theirs.
    ///
    /// # Errors
    /// Of storage.
    pub async fn forgive<C: CounterWrites + ?Sized>(
        &self,
        counters: &C,
        one: &Try,
    ) -> Result<(), StoreError> {
        counters.forget_counted(self.per_address.rule, &one.address).await?;
        counters.forget_counted(self.per_client_and_address.rule, &one.both).await
    }
}
