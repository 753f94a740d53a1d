//! A contact as a card for the address book (vCard 4.0, RFC 6350).

use actix_web::{
    HttpResponse, get,
    web::{Data, Path},
};
use calcard::vcard::{VCard, VCardEntry, VCardKind, VCardProperty, VCardValue};
use domain::{
    Error, Store,
    content::{Language, in_language, library::Entry},
};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{file, send};
use crate::{
    content::{
        ContentPath, Shelves,
        filter::{Speak, spoken},
    },
    extract::{IfNoneMatch, Moment, ValidQuery},
    municipalities::{Town, TownPath},
    problem::Problem,
};

const MEDIA: &str = "text/vcard; charset=utf-8";

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(show);
}

/// A card, as the document shows it.
#[derive(ToSchema)]
#[schema(value_type = String, max_length = 65_536, example = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Bürgerbüro\r\nEND:VCARD\r\n")]
#[expect(dead_code, reason = "stands in the document only")]
struct CardText(String);

fn card(entry: &Entry, language: &Language, town: &str) -> Option<String> {
    let (content, sheet) = (&entry.content, &entry.content.sheet);
    let contact = sheet.contact.as_ref()?;
    let text = in_language(&sheet.texts, language)?;
    let said = |property, value: &str| Some(VCardEntry::new(property).with_value(value.to_owned()));
    let address = sheet.address.as_ref().map(|address| {
        // Post-office box and extended address are empty by RFC 6350; the line as it is stands for the street.
        let parts = ["", "", address.as_str(), "", "", "", ""].map(|part| VCardValue::Text(part.to_owned()));
        VCardEntry::new(VCardProperty::Adr).with_values(parts.to_vec())
    });
    let geo = sheet.location.map(|place| format!("geo:{},{}", place.lat, place.lon));
    let hours = contact.office_hours.as_ref().map(|hours| hours.as_str());
    let note = [text.summary.as_ref().map(|summary| summary.as_str()), hours];
    let note = note.into_iter().flatten().collect::<Vec<_>>().join("\n");
    let entries = [
        said(VCardProperty::Uid, &format!("urn:uuid:{}", content.id)),
        said(VCardProperty::Rev, &content.updated_at.format("%Y%m%dT%H%M%SZ").to_string()),
        Some(VCardEntry::new(VCardProperty::Kind).with_value(VCardKind::Org)),
        said(VCardProperty::Fn, text.title.as_str()),
        said(VCardProperty::Org, town),
        contact.phone.as_ref().and_then(|phone| said(VCardProperty::Tel, phone.as_str())),
        contact.email.as_ref().and_then(|email| said(VCardProperty::Email, email.as_str())),
        address,
        geo.and_then(|geo| said(VCardProperty::Geo, &geo)),
        sheet.links.first().and_then(|link| said(VCardProperty::Url, link.url.as_str())),
        (!note.is_empty()).then(|| said(VCardProperty::Note, &note)).flatten(),
    ];
    Some(VCard { entries: entries.into_iter().flatten().collect() }.to_string())
}

/// Download a contact
///
/// As a card for the address book (vCard 4.0).
#[utoipa::path(tag = "content", operation_id = "getContactCard", security(()),
    params(TownPath, ContentPath, Speak),
    responses((status = 200, description = "The card.", body = CardText, content_type = "text/vcard")))]
#[get("/v1/municipalities/{municipality}/contacts/{content}/contact.vcf")]
async fn show(
    store: Data<dyn Store>,
    shelves: Data<Shelves>,
    Town(town): Town,
    moment: Moment,
    path: Path<ContentPath>,
    query: ValidQuery<Speak>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let (now, locale) = (moment.ctx.now, moment.ctx.locale);
    let language = spoken(query.language.as_ref(), locale);
    let shelf = shelves.of(&**store, town, now).await?;
    let question = format!("card {} {}", language.as_str(), path.content);
    let written = shelf.answer(question, now, |library| {
        let entry = library.get(path.content, now).ok_or_else(Error::not_found)?;
        file(card(entry, &language, library.town.name.as_str()).ok_or_else(Error::not_found)?)
    })?;
    Ok(send(written, MEDIA, &format!("{}.vcf", path.content), &seen, locale))
}
