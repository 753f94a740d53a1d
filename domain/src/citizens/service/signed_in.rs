//! Where somebody is signed in, and signing out from afar.

use crate::{Ctx, Error, Result, Scope, Store, citizens::Session, context::Person, ids::SessionId};

/// One's sessions that still live, the one used last first.
///
/// # Errors
/// Those of storage.
pub async fn signed_in(store: &dyn Store, ctx: &Ctx<Person>) -> Result<Vec<Session>> {
    let mut sessions = store.read(Scope::Installation).await?.sessions_of(ctx.actor.person).await?;
    sessions.retain(|session| session.lives(ctx.now));
    Ok(sessions)
}

/// Ends one of one's own sessions: a phone that was lost, a computer at the library.
///
/// # Errors
/// [`crate::Code::NotFound`] for one that is not one's own, or over.
pub async fn sign_out_elsewhere(store: &dyn Store, ctx: &Ctx<Person>, id: SessionId) -> Result<()> {
    let tx = store.begin(Scope::Installation).await?;
    let session = tx.session(id).await?.filter(|session| session.lives(ctx.now));
    session.filter(|session| session.person == Some(ctx.actor.person)).ok_or_else(Error::not_found)?;
    tx.revoke_session(ctx.now, id).await?;
    Ok(tx.commit().await?)
}
