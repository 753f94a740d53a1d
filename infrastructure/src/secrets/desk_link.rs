//! The link in a department's e-mail: `{http.public_url}/desk/{token}`.

use chrono::{DateTime, TimeDelta, Utc};
use domain::context::DeskLink;

use super::{Purpose, Secrets, SignedToken, SignedTokenError};

/// How long a link works after its e-mail was written.
pub const DESK_LINK_LIFE: TimeDelta = TimeDelta::days(30);

/// The token of a link written at `now`.
///
/// # Errors
/// As [`SignedToken::encode`].
pub fn desk_token(link: DeskLink, secrets: &Secrets, now: DateTime<Utc>) -> Result<String, SignedTokenError> {
    SignedToken::new(link, now.checked_add_signed(DESK_LINK_LIFE)).encode(secrets, Purpose::DeskLink)
}

/// What a link says that is followed at `now`.
///
/// # Errors
/// As [`SignedToken::decode`].
pub fn open_desk_token(
    token: &str,
    secrets: &Secrets,
    now: DateTime<Utc>,
) -> Result<DeskLink, SignedTokenError> {
    SignedToken::decode(token, secrets, Purpose::DeskLink, now).map(|signed| signed.payload)
}

#[cfg(test)]
mod tests {
    use domain::ids::{ComplaintId, DepartmentId, MunicipalityId};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_link_opens_for_thirty_days() {
        let secrets = Secrets::new("a secret for tests that is long enough").unwrap();
        let link = DeskLink {
            municipality: MunicipalityId(Uuid::from_u128(1)),
            complaint: ComplaintId(Uuid::from_u128(2)),
            department: DepartmentId(Uuid::from_u128(3)),
        };
        let written: DateTime<Utc> = "2026-11-23T09:00:00Z".parse().unwrap();
        let token = desk_token(link, &secrets, written).unwrap();
        let opened = |after| open_desk_token(&token, &secrets, written + after);
        assert_eq!(opened(TimeDelta::zero()), Ok(link));
        assert_eq!(opened(TimeDelta::days(30) - TimeDelta::seconds(1)), Ok(link));
        assert_eq!(opened(TimeDelta::days(30)), Err(SignedTokenError::Expired));
        let forged = token.replacen('.', "A.", 1);
        assert_eq!(open_desk_token(&forged, &secrets, written), Err(SignedTokenError::Forged));
    }
}
