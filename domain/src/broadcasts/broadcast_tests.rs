use super::*;
use crate::{
    broadcasts::Wording,
    text::{Announcement, Line},
};
use uuid::Uuid;

fn now() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn broadcast(severity: Severity, follow_up: Option<FollowUp>) -> Broadcast {
    let wording = Wording {
        title: Line::parse("Hochwasser an der Mulde").unwrap(),
        body: Announcement::parse("Bitte Keller und Ufer verlassen.").unwrap(),
        short: None,
    };
    let draft = Draft {
        severity,
        topic: None,
        sender: Name::parse("Ordnungsamt").unwrap(),
        texts: Texts { de: wording, en: None },
        template: None,
        links: Vec::new(),
        attachments: Attachments::default(),
        poll: None,
        audience: None,
        follows_up: follow_up.map(|kind| (MessageId(Uuid::max()), kind)),
        drill: false,
        send_at: None,
        expires_at: now() + TimeDelta::hours(1),
    };
    Broadcast::new(MessageId(Uuid::nil()), now(), StaffId(Uuid::nil()), draft)
}

#[test]
fn what_follows_a_warning_up_comes_by_the_consent_to_a_warning() {
    use Severity::{Crisis, Important, Information};
    for (began_with, is, consent) in [
        (Crisis, Important, Crisis),
        (Crisis, Crisis, Crisis),
        (Information, Important, Information),
        // What was none becomes a danger.
        (Important, Crisis, Crisis),
    ] {
        let mut next = broadcast(is, Some(FollowUp::Update));
        assert_eq!(next.consent(), is, "it begins an incident");
        let first = MessageId(Uuid::from_u128(1));
        next.incident = Some(Incident { first, severity: began_with });
        assert_eq!((next.consent(), next.incident_id()), (consent, first));
        let whom = next.whom().unwrap();
        assert_eq!((whom.severity, whom.consent, whom.who), (is, consent, Who::ReachedBy(first)));
    }
}

#[test]
fn an_all_clear_stops_what_is_under_way_or_to_come() {
    for (state, step, stopped) in [
        (BroadcastState::Draft, Step::Wait(now() + TimeDelta::hours(1)), BroadcastState::Draft),
        (BroadcastState::Approved, Step::Stop, BroadcastState::Cancelled),
        (BroadcastState::Sending, Step::Stop, BroadcastState::Sent),
        (BroadcastState::Sent, Step::Nothing, BroadcastState::Sent),
        (BroadcastState::Cancelled, Step::Stop, BroadcastState::Cancelled),
    ] {
        let mut first = broadcast(Severity::Crisis, None);
        first.state = state;
        first.ended_by = Some(MessageId(Uuid::max()));
        assert_eq!(first.next_step(now()), step, "{state}");
        assert_eq!(first.stopped().unwrap(), stopped);
    }
}
