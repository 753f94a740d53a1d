//! What people write to us by text message, done.

use domain::{
    Ctx, Store,
    consents::{
        By, CURRENT, Means,
        entry::Circumstances,
        service::{Withdrawal, silence},
    },
    context::Visitor,
    deliveries::{Channel, report::leave},
    phone::Phone,
    sms::Reply,
    wards::service::{agree_by_number, join_by_text, leave_topics},
};

use crate::problem::Problem;

/// Does what a message from a number says; `proof` is the provider's name for it.
pub async fn take(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    from: &Phone,
    reply: Reply,
    proof: String,
) -> Result<(), Problem> {
    let circumstances = Circumstances {
        at: ctx.now,
        means: Means::Sms,
        text_version: CURRENT,
        proof: Some(proof),
        by: By::Person,
    };
    match reply {
        reply if reply.silences() => quiet(store, ctx, from, &circumstances).await,
        Reply::Leave { topics } => Ok(leave_topics(store, ctx.now, from, &topics).await?),
        Reply::Agree => agree_by_number(store, from, &circumstances).await.map(drop).map_err(Problem::from),
        Reply::Join { town, topics } => {
            let words: Vec<String> = std::iter::once(town).chain(topics).collect();
            Ok(join_by_text(store, ctx, from, &words, &circumstances).await?)
        }
        Reply::Stop | Reply::TownMissing | Reply::Unknown => Ok(()),
    }
}

/// Nothing more to this number, neither text messages nor calls.
pub(super) async fn quiet(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    from: &Phone,
    circumstances: &Circumstances,
) -> Result<(), Problem> {
    for channel in [Channel::Sms, Channel::Voice] {
        let reads = store.read(domain::Scope::Installation).await?;
        let Some(point) = reads.contact_point(channel, from.as_str()).await? else { continue };
        drop(reads);
        let all = Withdrawal { channel, crisis_too: true };
        if silence(store, point, all, ctx.now, circumstances).await? == 0 {
            leave(store, point, ctx.now).await?;
        }
    }
    Ok(())
}

/// What it is counted as.
pub(super) fn kind(reply: &Reply) -> &'static str {
    match reply {
        Reply::Join { .. } | Reply::TownMissing => "join",
        Reply::Leave { .. } => "leave",
        Reply::Stop => "stop",
        Reply::Agree => "agree",
        Reply::Unknown => "unknown",
    }
}
