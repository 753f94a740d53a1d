//! Passwords of staff: argon2id with the parameters OWASP and ASVS 5 ask for.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use domain::{Code, Error, Result, StoreError};
use subtle::ConstantTimeEq;
use zxcvbn::{Score, zxcvbn};

use crate::cores::Cores;

/// Memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Verified against where there is no account, so that the answer takes as long as with one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5Li4uLi4uLi4uLg$\
                      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// How long a sign-in waits for a free core.
const PATIENCE: Duration = Duration::from_secs(5);

/// What came of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Another password, or no such account.
    Wrong,
    /// The password. `needs_rehash` where the stored hash has other parameters than today's.
    Right {
        /// Hash it again while it is at hand.
        needs_rehash: bool,
    },
}

/// Hashes and verifies passwords, as many at a time as there are cores. Each takes 19 MiB, which are
/// kept for the next one: what is freed and asked for again so often stays with the process many times over.
#[derive(Clone, Debug)]
pub struct Passwords {
    cores: Cores,
    memory: Memory,
}

/// What comparisons worked in and nobody works in now. Never more than there were seats.
#[derive(Clone, Debug, Default)]
struct Memory(Arc<Mutex<Vec<Vec<Block>>>>);

impl Memory {
    /// Fills `out` with the hash of `password`.
    fn fill(&self, with: &Argon2<'_>, password: &str, salt: &[u8], out: &mut [u8]) -> argon2::Result<()> {
        let free = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut blocks = free.unwrap_or_default();
        let needed = with.params().block_count();
        if blocks.len() < needed {
            // Whatever was written there is overwritten: nothing needs to be copied.
            drop(std::mem::take(&mut blocks));
            blocks = vec![Block::new(); needed];
        }
        let filled = with.hash_password_into_with_memory(password.as_bytes(), salt, out, &mut blocks[..]);
        // A hash of greater cost, from elsewhere, keeps no greater memory.
        if needed <= usize::try_from(COST.0).unwrap_or(usize::MAX) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(blocks);
        }
        filled
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self { cores: Cores::new(PATIENCE), memory: Memory::default() }
    }
}

impl Passwords {
    /// The hash of a password that somebody chose just now.
    ///
    /// # Errors
    /// [`Code::PasswordGuessable`] at `/password`, else as [`Self::hash`].
    pub async fn choose(&self, password: String, salt: [u8; 16]) -> Result<String> {
        let chosen = password.clone();
        if self.cores.run(move || is_guessable(&chosen)).await? {
            return Err(Error::invalid("/password", Code::PasswordGuessable));
        }
        self.hash(password, salt).await
    }

    /// The hash to store, as a PHC string, with `salt` from [`domain::Ctx::random`].
    ///
    /// # Errors
    /// [`Code::Overloaded`] when no core became free in time.
    pub async fn hash(&self, password: String, salt: [u8; 16]) -> Result<String> {
        let memory = self.memory.clone();
        self.cores
            .run(move || phc(&memory, &password, &salt).map_err(|_| Error::refused(Code::Internal)))
            .await?
    }

    /// Compares `password` with the stored hash; `None` where there is no such account.
    ///
    /// # Errors
    /// [`Code::Overloaded`] when no core became free in time, [`StoreError::Corrupt`] for a stored
    /// text that is no hash.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<Verdict> {
        let memory = self.memory.clone();
        self.cores
            .run(move || {
                let known = stored.is_some();
                let stored = PasswordHash::new(stored.as_deref().unwrap_or(NOBODY))
                    .map_err(|_| StoreError::Corrupt("password hash"))?;
                let matches =
                    matches(&memory, &password, &stored).ok_or(StoreError::Corrupt("password hash"))?;
                Ok(if known && matches {
                    Verdict::Right { needs_rehash: needs_rehash(&stored) }
                } else {
                    Verdict::Wrong
                })
            })
            .await?
    }
}

/// Whether it is among the first hundred million that an attacker would try: common ones, names, dates, keys in
/// a row, and what is made of them (zxcvbn, "score" below 3).
fn is_guessable(password: &str) -> bool {
    // What comes after so many characters makes nothing easier to guess, and the estimate slow.
    let beginning: String = password.chars().take(64).collect();
    zxcvbn(&beginning, &["rathaus"]).score() < Score::Three
}

fn phc(memory: &Memory, password: &str, salt: &[u8]) -> argon2::password_hash::Result<String> {
    let (cost, passes, lanes) = COST;
    let with = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(cost, passes, lanes, None)?);
    let mut hash = [0; Params::DEFAULT_OUTPUT_LEN];
    memory.fill(&with, password, salt, &mut hash)?;
    let phc = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(with.params())?,
        salt: Some(Salt::new(salt)?),
        hash: Some(Output::new(&hash)?),
    };
    Ok(phc.to_string())
}

/// Whether it is the password, by the parameters it was stored with. None for a hash that is not
/// argon2's.
fn matches(memory: &Memory, password: &str, stored: &PasswordHash) -> Option<bool> {
    let (salt, hash) = (stored.salt.as_ref()?, stored.hash.as_ref()?);
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
    let version = Version::try_from(stored.version?).ok()?;
    let with = Argon2::new(algorithm, version, Params::try_from(stored).ok()?);
    let mut found = vec![0; hash.len()];
    memory.fill(&with, password, salt, &mut found).ok()?;
    Some(found.ct_eq(hash.as_bytes()).into())
}

fn needs_rehash(stored: &PasswordHash) -> bool {
    let cost = Params::try_from(stored).map(|params| (params.m_cost(), params.t_cost(), params.p_cost()));
    stored.algorithm != Algorithm::Argon2id.ident()
        || stored.version != Some(Version::V0x13.into())
        || cost != Ok(COST)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use argon2::PasswordHasher;

    use super::*;

    const RIGHT: Verdict = Verdict::Right { needs_rehash: false };

    async fn verify(password: &str, stored: Option<&str>) -> Verdict {
        let stored = stored.map(str::to_owned);
        Passwords::default().verify(password.to_owned(), stored).await.unwrap()
    }

    #[tokio::test]
    async fn only_the_password_is_right() {
        let passwords = Passwords::default();
        let hash = passwords.hash("Löwe, 7 Türme".to_owned(), [1; 16]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(verify("Löwe, 7 Türme", Some(&hash)).await, RIGHT);
        assert_eq!(verify("Löwe, 7 türme", Some(&hash)).await, Verdict::Wrong);
        assert_eq!(verify("", Some(&hash)).await, Verdict::Wrong);
        assert_eq!(verify("Löwe, 7 Türme", None).await, Verdict::Wrong);
        let other = passwords.hash("Löwe, 7 Türme".to_owned(), [2; 16]).await.unwrap();
        assert_ne!(hash, other);
    }

    #[tokio::test]
    async fn what_an_attacker_tries_first_is_not_taken() {
        let passwords = Passwords::default();
        let choose = async |password: &str| passwords.choose(password.to_owned(), [5; 16]).await;
        for weak in ["password1234", "aaaaaaaaaaaaaa", "qwertyuiop123", "123456789012"] {
            let refused = choose(weak).await.unwrap_err();
            let Error::Refused(refusal) = &refused else { panic!("{weak}: {refused:?}") };
            assert_eq!(refusal.violations[0].code, Code::PasswordGuessable, "{weak}");
        }
        for good in ["correct horse battery staple", "another long password", "Löwe, 7 Türme"] {
            choose(good).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_hash_of_older_parameters_verifies_and_asks_for_a_new_one() {
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8192, 1, 1, None).unwrap());
        let hash = weak.hash_password_with_salt(b"secret", &[3; 16]).unwrap().to_string();
        assert_eq!(verify("secret", Some(&hash)).await, Verdict::Right { needs_rehash: true });
    }

    #[tokio::test]
    async fn a_stored_text_that_is_no_hash_is_our_fault() {
        let failed = Passwords::default().verify("secret".to_owned(), Some("plain".to_owned())).await;
        assert!(matches!(failed, Err(Error::Store(StoreError::Corrupt(_)))));
    }

    #[tokio::test]
    async fn memory_is_kept_for_the_next_and_is_no_more_than_there_are_seats() {
        let passwords = Passwords { cores: Cores::with_seats(2, PATIENCE), memory: Memory::default() };
        let guesses = (0..12).map(|_| passwords.verify("guess".to_owned(), None));
        for verdict in futures::future::join_all(guesses).await {
            assert_eq!(verdict.unwrap(), Verdict::Wrong);
        }
        let kept = passwords.memory.0.lock().unwrap();
        assert!((1..=2).contains(&kept.len()), "{}", kept.len());
        assert!(kept.iter().all(|blocks| blocks.len() == 19_456));
    }

    /// Not a measurement: an early return would take microseconds instead of milliseconds.
    #[tokio::test]
    async fn an_unknown_account_takes_as_long_as_a_known_one() {
        let hash = Passwords::default().hash("secret".to_owned(), [4; 16]).await.unwrap();
        let mut fastest = [Duration::MAX; 2];
        for _ in 0..5 {
            for (best, stored) in fastest.iter_mut().zip([Some(hash.as_str()), None]) {
                let start = Instant::now();
                assert_eq!(verify("wrong", stored).await, Verdict::Wrong);
                *best = start.elapsed().min(*best);
            }
        }
        assert!(fastest[1] * 3 > fastest[0], "{fastest:?}");
    }
}
