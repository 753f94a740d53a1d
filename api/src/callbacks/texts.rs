//! What people write to us by text message, done.

use chrono::TimeDelta;
use domain::{
    Ctx, Scope, Store,
    broadcasts::service::acknowledge_by_text,
    consents::{
        By, CURRENT, Means,
        entry::Circumstances,
        service::{Withdrawal, silence},
    },
    context::Visitor,
    deliveries::{Channel, report::leave},
    limits::{Quota, refuse_spent, spend},
    phone::Phone,
    sms::Reply,
    wards::service::{Joining, agree_by_number, join_by_text, leave_topics, may_be_told},
};

use crate::{config::Config, problem::Problem};

/// To whoever wants to join and names no town of ours. In the 7-bit alphabet, and one message long.
const PUZZLED: &str = "Dieser Ort ist hier nicht angeschlossen. Bitte schreiben Sie ANMELDEN und den Namen Ihres \
                       Ortes, zum Beispiel ANMELDEN Bad Düben, oder fragen Sie Ihr Rathaus.";

/// Does what a message from a number says; `proof` is the provider's name for it. Gives what is answered, where
/// anything is.
pub async fn take(
    store: &dyn Store,
    config: &Config,
    ctx: &Ctx<Visitor>,
    from: &Phone,
    reply: Reply,
    proof: String,
) -> Result<Option<&'static str>, Problem> {
    let circumstances = Circumstances {
        at: ctx.now,
        means: Means::Sms,
        text_version: CURRENT,
        proof: Some(proof),
        by: By::Person,
    };
    // Whoever joins costs calls and messages: only where the operator pays for them.
    let joins = matches!(reply, Reply::Join { .. } | Reply::TownMissing);
    if joins && !config.sms.dial_codes.contain(from.dial_code()) {
        return Ok(None);
    }
    // A no counts whenever it comes; a yes once for each message.
    let name = circumstances.proof.clone().unwrap_or_default();
    if name.is_empty() || !(joins || reply == Reply::Agree) {
        return act(store, ctx, from, reply, &circumstances).await;
    }
    let seen = format!("{name}/{reply:?}");
    if was_taken(store, ctx, &seen).await? {
        return Ok(None);
    }
    let answer = act(store, ctx, from, reply, &circumstances).await?;
    took(store, ctx, &seen).await?;
    Ok(answer)
}

/// Once in so long a message of one name is taken: providers repeat what we were slow to answer, and somebody
/// who saw one could send it again.
const TAKEN: Quota = Quota::new("texts_taken", 1, TimeDelta::days(365));

async fn was_taken(store: &dyn Store, ctx: &Ctx<Visitor>, name: &str) -> Result<bool, Problem> {
    match refuse_spent(&*store.read(Scope::Installation).await?, ctx.now, &[(TAKEN, name)]).await {
        Ok(()) => Ok(false),
        Err(domain::Error::Refused(_)) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Only what was done is remembered: what failed may come again.
async fn took(store: &dyn Store, ctx: &Ctx<Visitor>, name: &str) -> Result<(), Problem> {
    let tx = store.begin(Scope::Installation).await?;
    match spend(&*tx, ctx.now, TAKEN, name).await {
        Ok(_) => Ok(tx.commit().await.map_err(domain::Error::from)?),
        Err(domain::Error::Refused(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn act(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    from: &Phone,
    reply: Reply,
    circumstances: &Circumstances,
) -> Result<Option<&'static str>, Problem> {
    let mut is_puzzled = false;
    match reply {
        reply if reply.silences() => quiet(store, ctx, from, circumstances).await?,
        Reply::Leave { topics } => leave_topics(store, ctx.now, from, &topics).await?,
        Reply::Agree => {
            agree_by_number(store, from, circumstances).await?;
            acknowledge_by_text(store, ctx.now, from).await?;
        }
        Reply::Join { town, topics } => {
            let words: Vec<String> = std::iter::once(town).chain(topics).collect();
            let joining = join_by_text(store, ctx, from, &words, circumstances).await?;
            is_puzzled = joining == Joining::NoSuchTown;
        }
        Reply::TownMissing => is_puzzled = true,
        Reply::Stop | Reply::Unknown => {}
    }
    Ok((is_puzzled && may_be_told(store, ctx.now, from).await?).then_some(PUZZLED))
}

/// Nothing more to this number, neither text messages nor calls.
pub(super) async fn quiet(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    from: &Phone,
    circumstances: &Circumstances,
) -> Result<(), Problem> {
    for channel in [Channel::Sms, Channel::Voice] {
        let reads = store.read(Scope::Installation).await?;
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
