//! What phones show: accepted pushes applied the way iOS and Android apply them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Received, apns, fcm};

/// One notification on a phone's screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// What replaces an older notification of the same name: the collapse id on an iPhone, the tag on Android,
    /// and for data-only messages the message's id, under which the app shows it.
    pub collapses_by: Option<String>,
    /// The sender's own id in the data (`message_id`), if any.
    pub message_id: Option<String>,
    pub title: String,
    pub body: String,
    /// How often it was replaced by a newer one since it appeared.
    pub replaced: u32,
}

/// One phone's screen, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Phone {
    pub visible: Vec<Notification>,
}

impl Phone {
    fn show(&mut self, new: Notification) {
        let old = self
            .visible
            .iter_mut()
            .find(|old| old.collapses_by.is_some() && old.collapses_by == new.collapses_by);
        match old {
            Some(old) => *old = Notification { replaced: old.replaced + 1, ..new },
            None => self.visible.push(new),
        }
    }

    /// How many notifications the person sees more than once: the same message id, or without one the same
    /// words.
    pub fn visible_duplicates(&self) -> usize {
        let mut seen = BTreeMap::<(Option<&str>, &str, &str), usize>::new();
        for shown in &self.visible {
            let key = match shown.message_id.as_deref() {
                Some(id) => (Some(id), "", ""),
                None => (None, shown.title.as_str(), shown.body.as_str()),
            };
            *seen.entry(key).or_default() += 1;
        }
        seen.values().map(|times| times - 1).sum()
    }
}

/// All phones that were sent something, by device token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Phones {
    pub by_token: BTreeMap<String, Phone>,
}

impl Phones {
    /// The iPhones after these requests, in this order; those not accepted change nothing.
    pub fn after_apns(requests: &[Received<apns::Answer>]) -> Self {
        Self::after(requests, |request| iphone_shows(request.header("apns-collapse-id"), &request.json()))
    }

    /// The Android phones after these requests, in this order; those not accepted change nothing.
    pub fn after_fcm(requests: &[Received<fcm::Answer>]) -> Self {
        Self::after(requests, |request| android_shows(&request.json()))
    }

    fn after<A: crate::record::Outcome>(
        requests: &[Received<A>],
        shows: impl Fn(&Received<A>) -> Option<Notification>,
    ) -> Self {
        let mut phones = Self::default();
        for request in requests.iter().filter(|request| request.answer.accepted()) {
            let phone = phones.by_token.entry(request.token.clone()).or_default();
            if let Some(notification) = shows(request) {
                phone.show(notification);
            }
        }
        phones
    }

    /// The phone with this device token; an empty screen if it was sent nothing.
    pub fn phone(&self, token: &str) -> Phone {
        self.by_token.get(token).cloned().unwrap_or_default()
    }

    /// All notifications on all screens.
    pub fn visible(&self) -> usize {
        self.by_token.values().map(|phone| phone.visible.len()).sum()
    }

    /// What people see more than once, over all phones.
    pub fn visible_duplicates(&self) -> usize {
        self.by_token.values().map(Phone::visible_duplicates).sum()
    }
}

fn iphone_shows(collapse_id: Option<&str>, payload: &Value) -> Option<Notification> {
    let (title, body) = match payload.pointer("/aps/alert")? {
        Value::String(text) => (String::new(), text.clone()),
        alert => {
            (first_text(alert, &["/title", "/title-loc-key"]), first_text(alert, &["/body", "/loc-key"]))
        }
    };
    let message_id = first_text(payload, &["/message_id", "/data/message_id"]);
    Some(Notification {
        collapses_by: collapse_id.map(str::to_owned),
        message_id: Some(message_id).filter(|id| !id.is_empty()),
        title,
        body,
        replaced: 0,
    })
}

fn android_shows(request: &Value) -> Option<Notification> {
    let message = request.get("message")?;
    if request.get("validate_only") == Some(&Value::Bool(true)) {
        return None;
    }
    let message_id = first_text(message, &["/data/message_id", "/android/data/message_id"]);
    let message_id = Some(message_id).filter(|id| !id.is_empty());
    let title = [
        "/android/notification/title",
        "/notification/title",
        "/android/notification/title_loc_key",
        "/data/title",
    ];
    let body = [
        "/android/notification/body",
        "/notification/body",
        "/android/notification/body_loc_key",
        "/data/body",
    ];
    let shown_by_system =
        ["/notification", "/android/notification"].iter().any(|place| message.pointer(place).is_some());
    let tag = message.pointer("/android/notification/tag").and_then(Value::as_str).map(str::to_owned);
    Some(Notification {
        collapses_by: if shown_by_system { tag } else { Some(message_id.clone()?) },
        message_id,
        title: first_text(message, &title),
        body: first_text(message, &body),
        replaced: 0,
    })
}

fn first_text(value: &Value, pointers: &[&str]) -> String {
    let found = pointers.iter().find_map(|pointer| value.pointer(pointer).and_then(Value::as_str));
    found.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn screen(notifications: impl IntoIterator<Item = Option<Notification>>) -> Phone {
        let mut phone = Phone::default();
        notifications.into_iter().flatten().for_each(|notification| phone.show(notification));
        phone
    }

    #[test]
    fn an_iphone_replaces_by_collapse_id_only() {
        let push = json!({ "aps": { "alert": { "title": "T", "body": "B" } }, "message_id": "m1" });
        let collapsed = screen([iphone_shows(Some("m1"), &push), iphone_shows(Some("m1"), &push)]);
        assert_eq!(
            (collapsed.visible.len(), collapsed.visible[0].replaced, collapsed.visible_duplicates()),
            (1, 1, 0)
        );
        let twice = screen([iphone_shows(None, &push), iphone_shows(None, &push)]);
        assert_eq!((twice.visible.len(), twice.visible_duplicates()), (2, 1));
        let silent = json!({ "aps": { "content-available": 1 } });
        assert_eq!(iphone_shows(None, &silent), None);
    }

    #[test]
    fn an_android_phone_replaces_by_tag_and_the_app_by_message_id() {
        let tagged = json!({ "message": { "notification": { "title": "T" }, "android": { "notification": { "tag": "m1" } } } });
        assert_eq!(screen([android_shows(&tagged), android_shows(&tagged)]).visible.len(), 1);
        let untagged =
            json!({ "message": { "notification": { "title": "T" }, "data": { "message_id": "m1" } } });
        assert_eq!(screen([android_shows(&untagged), android_shows(&untagged)]).visible_duplicates(), 1);
        let data_only = json!({ "message": { "data": { "message_id": "m1", "title": "T" } } });
        let phone = screen([android_shows(&data_only), android_shows(&data_only)]);
        assert_eq!((phone.visible.len(), phone.visible[0].title.as_str()), (1, "T"));
    }

    #[test]
    fn different_messages_with_the_same_words_are_no_duplicates() {
        let push = |id: &str| json!({ "aps": { "alert": "same words" }, "message_id": id });
        let phone = screen([iphone_shows(Some("1"), &push("1")), iphone_shows(Some("2"), &push("2"))]);
        assert_eq!((phone.visible.len(), phone.visible_duplicates()), (2, 0));
    }
}
