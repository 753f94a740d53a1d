//! The letter to a desk, made from the complaint as it is when the letter is sent.

use askama::Template;
use chrono::{DateTime, Utc};
use domain::{
    Locale, Reads, Scope, Store, StoreError,
    complaints::{Complaint, photo::Rendition},
    context::DeskLink,
    deliveries::{MailPart, Topic},
    geo::Point,
    ids::{ComplaintId, DepartmentId},
    municipalities::port::MunicipalityReads,
    routing::Rule,
};
use url::Url;

use super::{
    broadcast_words::test_letter,
    citizen_words::{one_line, quoted, without_links},
    compose::{Composer, Letter},
    desk_words::{Words, words},
};
use crate::{
    db::{SqlStore, StoredMessage},
    photos::PhotoKey,
    secrets::desk_token,
};

/// Why there is no letter.
#[derive(Debug)]
pub(super) enum NoLetter {
    /// What it is about is gone.
    Gone,
    /// The database failed: another time.
    Store(StoreError),
    /// It cannot be written.
    Unwritable,
}

impl From<StoreError> for NoLetter {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[derive(Template)]
#[template(path = "desk_letter.txt", escape = "none")]
struct Text<'a> {
    t: &'static Words,
    headline: &'a str,
    reference: &'a str,
    category: &'a str,
    department: &'a str,
    due: Option<&'a str>,
    address: Option<&'a str>,
    map: Option<&'a str>,
    quotation: &'a str,
    photos: &'a [String],
    link: &'a str,
    staff: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "desk_letter.html")]
struct Html<'a> {
    t: &'static Words,
    headline: &'a str,
    reference: &'a str,
    category: &'a str,
    department: &'a str,
    due: Option<&'a str>,
    address: Option<&'a str>,
    map: Option<&'a str>,
    description: &'a str,
    photos: &'a [String],
    link: &'a str,
    staff: Option<&'a str>,
}

/// Complaint and desk a letter is about.
fn about(topic: &Topic) -> Option<(ComplaintId, DepartmentId)> {
    match topic {
        Topic::DeskArrival { complaint, department }
        | Topic::DeskUpdate { complaint, department, .. }
        | Topic::DeskReminder { complaint, department }
        | Topic::PromisePassed { complaint, department } => Some((*complaint, *department)),
        Topic::RuleBroken { .. }
        | Topic::GlassBroken { .. }
        | Topic::Broadcast { .. }
        | Topic::BroadcastTest { .. }
        | Topic::WardUnreached { .. }
        | Topic::ComplaintStatus { .. }
        | Topic::ComplaintComment { .. }
        | Topic::DeviceTest
        | Topic::WardWelcome { .. }
        | Topic::WasteChanged { .. }
        | Topic::WasteCalendarChanged { .. }
        | Topic::WasteReminder { .. }
        | Topic::WasteDatesMissing { .. } => None,
    }
}

impl Composer {
    /// The letter for a topic of desks.
    pub(super) async fn desk_letter(
        &self,
        store: &SqlStore,
        message: &StoredMessage,
        now: DateTime<Utc>,
    ) -> Result<Letter, NoLetter> {
        let town = MunicipalityReads::municipality(&store.installation(), &message.slug).await?;
        let town = town.ok_or(NoLetter::Gone)?;
        // A mailbox says nothing about its readers: they speak as the town hall does.
        let locale = town.settings.default_locale;
        let t = words(locale);
        match message.topic {
            Topic::RuleBroken { rule } => {
                let db = store.read(Scope::Municipality(message.municipality)).await?;
                return Ok(self.about_rule(t, db.rule(rule).await?, locale));
            }
            Topic::GlassBroken { .. } => return Ok(self.to_admins(t.glass_broken, t.glass_broken_text)),
            Topic::BroadcastTest { .. } => return test_letter(message, locale).ok_or(NoLetter::Gone),
            _ => {}
        }
        let headline = t.headline(&message.topic).ok_or(NoLetter::Unwritable)?;
        let (complaint, department) = about(&message.topic).ok_or(NoLetter::Unwritable)?;
        let db = store.read(Scope::Municipality(message.municipality)).await?;
        let complaint = db.complaint(complaint).await?.ok_or(NoLetter::Gone)?;
        let category = db.category(complaint.category).await?.ok_or(NoLetter::Gone)?;
        let desk = db.department(department).await?.ok_or(NoLetter::Gone)?;
        let pictures = pictures(&*db, message, &complaint).await?;
        // No connection is held while pictures are fetched.
        drop(db);
        let parts = self.thumbnails(t, pictures).await;

        let link = DeskLink { municipality: message.municipality, complaint: complaint.id, department };
        let token = desk_token(link, &self.secrets, now).map_err(|_| NoLetter::Unwritable)?;
        let link = self.public_url.join(&format!("desk/{token}")).map_err(|_| NoLetter::Unwritable)?;
        let reference = complaint.reference.to_string();
        let due = complaint.due.as_ref().map(|due| due.solution.with_timezone(&town.time_zone));
        let due = due.map(|due| t.day(&due));
        let map = complaint.place.point.map(map_link);
        let address =
            complaint.place.address.as_ref().map(|address| without_links(&one_line(address.as_str())));
        let description = without_links(complaint.description.as_str());
        let quotation = quoted(&description);
        let photos: Vec<String> = parts.iter().filter_map(|part| part.content_id.clone()).collect();
        let html = Html {
            t,
            headline,
            reference: &reference,
            category: category.names.in_locale(locale).as_str(),
            department: desk.name.as_str(),
            due: due.as_deref(),
            address: address.as_deref(),
            map: map.as_deref(),
            description: &description,
            photos: &photos,
            link: link.as_str(),
            staff: self.staff_url.as_ref().map(Url::as_str),
        };
        let Html { reference, category, department, due, address, map, photos, link, staff, .. } = html;
        let text = Text {
            t,
            headline,
            reference,
            category,
            department,
            due,
            address,
            map,
            quotation: &quotation,
            photos,
            link,
            staff,
        };
        Ok(Letter {
            subject: format!("{headline} {reference}: {category}"),
            text: text.render().map_err(|_| NoLetter::Unwritable)?,
            html: Some(html.render().map_err(|_| NoLetter::Unwritable)?),
            parts,
        })
    }

    /// Which rule is broken, and why; where it is gone by now, that one was.
    fn about_rule(&self, t: &Words, rule: Option<Rule>, locale: Locale) -> Letter {
        let defect = rule.and_then(|rule| Some((rule.name, rule.broken?.defect.explain(locale))));
        match defect {
            Some((name, why)) => {
                let name = without_links(&one_line(name.as_str()));
                self.to_admins(t.rule_broken, &format!("{}: {name}\n{why}\n\n{}", t.rule, t.rule_broken_text))
            }
            None => self.to_admins(t.rule_broken, t.rule_broken_text),
        }
    }

    fn to_admins(&self, subject: &str, text: &str) -> Letter {
        let mut text = text.to_owned();
        if let Some(staff) = &self.staff_url {
            text.push_str(&format!("\n{staff}\n"));
        }
        Letter { subject: subject.to_owned(), text, html: None, parts: Vec::new() }
    }

    /// A letter without a picture is better than none: what cannot be read is left out.
    async fn thumbnails(&self, t: &Words, pictures: Vec<PhotoKey>) -> Vec<MailPart> {
        let mut parts = Vec::new();
        let Some(photos) = &self.photos else { return parts };
        for key in pictures {
            match photos.read(&key, Rendition::Thumb).await {
                Ok(bytes) => {
                    let number = parts.len() + 1;
                    parts.push(MailPart {
                        name: format!("{}{number}.jpg", t.photo.to_lowercase()),
                        content_type: "image/jpeg".to_owned(),
                        content_id: Some(format!("foto{number}")),
                        bytes: bytes.to_vec(),
                    });
                }
                Err(error) => {
                    tracing::warn!(?error, photo = %key.photo, "a letter goes without this picture")
                }
            }
        }
        parts
    }
}

async fn pictures(
    db: &dyn Reads,
    message: &StoredMessage,
    complaint: &Complaint,
) -> Result<Vec<PhotoKey>, StoreError> {
    let photos = db.photos(complaint.id).await?;
    Ok(photos
        .into_iter()
        .map(|photo| PhotoKey { municipality: message.municipality, photo: photo.id, content: photo.content })
        .collect())
}

fn map_link(point: Point) -> String {
    let Point { lat, lon } = point;
    format!("https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=18/{lat}/{lon}")
}
