//! A look at a draft before anybody else sees it: on the phones and in the mailboxes of some of the staff.

use chrono::TimeDelta;

use crate::{
    Code, Ctx, Error, Result, Store, Violation,
    context::{Permission, Staff},
    deliveries::{NewMessage, Recipients, Severity, Topic},
    ids::{MessageId, StaffId},
};

/// Members of the staff that one test goes to.
pub const MOST_TESTERS: usize = 20;
/// How long a test is tried.
const LIFE: TimeDelta = TimeDelta::hours(1);

/// Sends a broadcast, whatever its state, to these members of the staff; to whoever asks where there are none.
/// Nobody else gets anything, and nobody needs to approve it. Answers how many messages left for phones and
/// mailboxes.
///
/// # Errors
/// [`Code::NotFound`]; violations where somebody does not work here.
pub async fn send_test(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: MessageId,
    testers: &[StaffId],
) -> Result<u64> {
    ctx.require(Permission::WriteBroadcasts).or_else(|_| ctx.require(Permission::ApproveBroadcasts))?;
    if testers.len() > MOST_TESTERS {
        return Err(Error::invalid("/staff", Code::TooMany));
    }
    let tx = store.begin(ctx.scope()).await?;
    tx.broadcast(id).await?.ok_or_else(Error::not_found)?;
    let own = [ctx.actor.staff];
    let testers = if testers.is_empty() { &own[..] } else { testers };
    let staff = tx.staff().await?;
    let (mut mailboxes, mut people, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for (place, tester) in testers.iter().enumerate() {
        let Some(member) = staff.iter().find(|member| member.id == *tester && member.active) else {
            unknown.push(Violation::new(format!("/staff/{place}"), Code::UnknownReference));
            continue;
        };
        mailboxes.push(member.email.clone());
        people.extend(tx.account(member.account).await?.and_then(|account| account.person));
    }
    if !unknown.is_empty() {
        return Err(Error::violations(unknown));
    }
    let (topic, expires_at) = (Topic::BroadcastTest { broadcast: id }, ctx.now + LIFE);
    let mut left = 0;
    if let Some(letter) = NewMessage::to_mailboxes(mailboxes, topic.clone(), ctx.id(), expires_at) {
        left += tx.enqueue(ctx.now, &letter).await?;
    }
    people.sort();
    people.dedup();
    for person in people {
        let (id, to) = (ctx.id(), Recipients::Devices(person));
        let push = NewMessage { id, severity: Severity::Notice, topic: topic.clone(), expires_at, to };
        left += tx.enqueue(ctx.now, &push).await?;
    }
    tx.commit().await?;
    Ok(left)
}
