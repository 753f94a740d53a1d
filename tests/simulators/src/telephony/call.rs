//! Plays what was taken: the network's reports on a message, and both ends of a call.

use tokio::time::sleep;
use url::Url;

use super::{
    Answer, Line, STEP,
    check::{Order, Resource},
    owned,
    twiml::{self, Verb},
};
use crate::record::unpoisoned;

/// Steps after which a call is hung up: it goes round in circles.
const LONGEST: usize = 50;

/// A call as the person at the other end heard it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The number that was called.
    pub to: String,
    /// What was said, with its language, in order.
    pub said: Vec<(String, String)>,
    /// The keys that were pressed.
    pub pressed: String,
    /// How it ended: `completed`, `busy`, `no-answer`, …
    pub status: String,
    /// What was wrong with the sender's TwiML.
    pub violation: Option<String>,
}

pub(super) async fn play(line: Line, sid: String, order: Order, answer: Answer) {
    sleep(STEP).await;
    match order.resource {
        Resource::Messages => report_message(&line, &sid, &order, answer).await,
        Resource::Calls => place(&line, &sid, &order, answer).await,
    }
}

async fn report_message(line: &Line, sid: &str, order: &Order, answer: Answer) {
    let Some(url) = &order.status_callback else { return };
    let (statuses, error) = match answer {
        Answer::Undelivered(code) => (vec!["sent", "undelivered"], Some(code.to_string())),
        Answer::Message(statuses) => (statuses, None),
        _ => (vec!["sent", "delivered"], None),
    };
    for status in statuses {
        let mut fields = owned(&[
            ("AccountSid", &line.account_sid),
            ("ApiVersion", "2010-04-01"),
            ("MessageSid", sid),
            ("MessageStatus", status),
            ("To", &order.to),
            ("From", &order.from),
        ]);
        if let (Some(code), "undelivered") = (&error, status) {
            fields.push(("ErrorCode".into(), code.clone()));
        }
        line.tell(url, fields).await;
        sleep(STEP).await;
    }
}

async fn place(line: &Line, sid: &str, order: &Order, answer: Answer) {
    let mut heard = Heard {
        to: order.to.clone(),
        said: Vec::new(),
        pressed: String::new(),
        status: "completed".into(),
        violation: None,
    };
    tell_status(line, sid, order, "initiated", "initiated").await;
    tell_status(line, sid, order, "ringing", "ringing").await;
    match answer {
        Answer::NotAnswered(status) => heard.status = status.into(),
        answer => {
            tell_status(line, sid, order, "answered", "in-progress").await;
            let (keys, by) = match answer {
                Answer::PickUp(keys) => (keys, order.machine_is.map(|_| "human")),
                _ => ("", order.machine_is),
            };
            listen(line, sid, order, keys, by, &mut heard).await;
        }
    }
    let status = heard.status.clone();
    tell_status(line, sid, order, "completed", &status).await;
    unpoisoned(line.heard.lock()).push(heard);
}

fn call_fields(line: &Line, sid: &str, order: &Order, status: &str) -> Vec<(String, String)> {
    owned(&[
        ("AccountSid", &line.account_sid),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", sid),
        ("CallStatus", status),
        ("Direction", "outbound-api"),
        ("To", &order.to),
        ("From", &order.from),
    ])
}

/// Told only where it was asked for; the end where nothing in particular was.
async fn tell_status(line: &Line, sid: &str, order: &Order, event: &str, status: &str) {
    let Some(url) = &order.status_callback else { return };
    let wanted = order.events.iter().any(|wanted| wanted == event)
        || (order.events.is_empty() && event == "completed");
    if wanted {
        line.tell(url, call_fields(line, sid, order, status)).await;
    }
}

/// Follows the TwiML until it ends, or until the person has pressed all keys and hears a question again.
async fn listen(line: &Line, sid: &str, order: &Order, keys: &str, by: Option<&str>, heard: &mut Heard) {
    let mut keys = keys.chars();
    let mut next = Some((order.url.clone(), None::<char>));
    for _ in 0..LONGEST {
        let Some((url, key)) = next.take() else { return };
        let mut fields = call_fields(line, sid, order, "in-progress");
        fields.extend(by.map(|by| ("AnsweredBy".to_owned(), by.to_owned())));
        fields.extend(key.map(|key| ("Digits".to_owned(), key.to_string())));
        let answer = line.tell(&url, fields).await;
        let verbs = match twiml::read(&answer.body) {
            Ok(verbs) if answer.status == 200 => verbs,
            Ok(_) => return fail(heard, format!("{url} answered {}", answer.status)),
            Err(sentence) => return fail(heard, format!("{url} answered {}: {sentence}", answer.status)),
        };
        for verb in verbs {
            match verb {
                Verb::Say { language, text } => heard.said.push((language, text)),
                Verb::Pause(_) => {}
                Verb::Hangup => return,
                Verb::Redirect(to) => {
                    next = joined(&url, &to).map(|url| (url, None));
                    break;
                }
                Verb::Gather { action, inner, .. } => {
                    for verb in inner {
                        if let Verb::Say { language, text } = verb {
                            heard.said.push((language, text));
                        }
                    }
                    if let Some(key) = keys.next() {
                        heard.pressed.push(key);
                        next = joined(&url, &action).map(|url| (url, Some(key)));
                        break;
                    }
                }
            }
        }
    }
    fail(heard, "the call goes round in circles".into());
}

fn fail(heard: &mut Heard, sentence: String) {
    heard.status = "failed".into();
    heard.violation = Some(sentence);
}

fn joined(base: &str, to: &str) -> Option<String> {
    Some(Url::parse(base).ok()?.join(to).ok()?.to_string())
}
