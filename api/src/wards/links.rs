//! Pages behind links in letters: a ward agrees or refuses, anybody gets no more such letters. Opening a page
//! changes nothing, since mail programs and scanners open links; a button does, and so does the empty POST by
//! which mail programs unsubscribe (RFC 8058). Pages are for people and stay out of the document.

use actix_web::{
    HttpResponse, get,
    http::{StatusCode, header},
    post,
    web::{self, Data, Path},
};
use domain::{
    Locale, Scope, Store,
    consents::{
        By, CURRENT, Means,
        entry::Circumstances,
        service::{Withdrawal, withdraw},
    },
    deliveries::Channel,
    wards::{
        WardState,
        service::{Answer, answer},
    },
};
use infrastructure::secrets::{LinkKind, PersonLink, Secrets};

use crate::{extract::Moment, problem::Problem};

/// The addresses that are read.
pub const PAGES: [&str; 2] = ["/wards/{token}", "/unsubscribe/{token}"];

/// Those of their forms.
pub const FORMS: [&str; 3] = ["/wards/{token}/agreement", "/wards/{token}/refusal", "/unsubscribe/{token}"];

/// Nothing but words and our own forms.
const POLICY: &str = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The pages.
pub fn pages(config: &mut web::ServiceConfig) {
    config.service(ask).service(agree).service(refuse).service(unsubscribing).service(unsubscribe);
}

pub(crate) struct Words {
    title: &'static str,
    text: &'static str,
}

/// A page's words in the reader's language.
pub(crate) fn words(
    locale: Locale,
    german: (&'static str, &'static str),
    english: (&'static str, &'static str),
) -> Words {
    let (title, text) = match locale {
        Locale::De => german,
        Locale::En => english,
    };
    Words { title, text }
}

/// A page with buttons, each a form that posts to an address of ours.
pub(crate) fn page(
    status: StatusCode,
    locale: Locale,
    words: &Words,
    buttons: &[(String, &str)],
) -> HttpResponse {
    let buttons: String = buttons
        .iter()
        .map(|(action, label)| {
            format!("<form method=\"post\" action=\"{action}\"><p><button>{label}</button></p></form>")
        })
        .collect();
    let Words { title, text } = words;
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header(("X-Robots-Tag", "noindex, nofollow"))
        .insert_header((header::CONTENT_LANGUAGE, locale.to_string()))
        .body(format!(
            "<!doctype html><html lang=\"{locale}\"><meta charset=\"utf-8\"><title>{title}</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><main><h1>{title}</h1><p>{text}</p>{buttons}</main></html>"
        ))
}

/// For links that are none of ours, or too old.
pub(crate) fn closed(locale: Locale) -> HttpResponse {
    let words = words(
        locale,
        (
            "Dieser Link gilt nicht",
            "Er ist abgelaufen oder unvollständig. Bitte wenden Sie sich an Ihr Rathaus.",
        ),
        ("This link does not count", "It is expired or incomplete. Please ask your town hall."),
    );
    page(StatusCode::NOT_FOUND, locale, &words, &[])
}

/// Asks a ward.
#[get("/wards/{token}")]
async fn ask(moment: Moment, token: Path<String>, secrets: Data<Secrets>) -> HttpResponse {
    let (ctx, token) = (moment.ctx, token.into_inner());
    if PersonLink::read(&token, &secrets, LinkKind::Ward, ctx.now).is_err() {
        return closed(ctx.locale);
    }
    let words = words(
        ctx.locale,
        (
            "Nachrichten des Rathauses",
            "Möchten Sie Nachrichten Ihres Rathauses per E-Mail erhalten, zum Beispiel bei Gefahr?",
        ),
        (
            "Messages of the town hall",
            "Would you like messages of your town hall by e-mail, for example in danger?",
        ),
    );
    let (yes, no) = match ctx.locale {
        Locale::De => ("Ja, ich möchte", "Nein, keine Nachrichten"),
        Locale::En => ("Yes, I would", "No messages, please"),
    };
    let buttons = [(format!("/wards/{token}/agreement"), yes), (format!("/wards/{token}/refusal"), no)];
    page(StatusCode::OK, ctx.locale, &words, &buttons)
}

/// The ward agrees.
#[post("/wards/{token}/agreement")]
async fn agree(
    moment: Moment,
    token: Path<String>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    answered(&moment, &token, &secrets, &**store, true).await
}

/// The ward refuses, or leaves.
#[post("/wards/{token}/refusal")]
async fn refuse(
    moment: Moment,
    token: Path<String>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    answered(&moment, &token, &secrets, &**store, false).await
}

async fn answered(
    moment: &Moment,
    token: &str,
    secrets: &Secrets,
    store: &dyn Store,
    yes: bool,
) -> Result<HttpResponse, Problem> {
    let ctx = &moment.ctx;
    let Ok(link) = PersonLink::read(token, secrets, LinkKind::Ward, ctx.now) else {
        return Ok(closed(ctx.locale));
    };
    // Who holds an old letter may always say no, but agrees to nothing for another mailbox.
    let ways = store.read(Scope::Municipality(link.municipality)).await?.ways(link.person).await?;
    if yes && !ways.iter().any(|way| way.contact_point == link.contact) {
        return Ok(closed(ctx.locale));
    }
    let (means, proof, at) = (Means::Link, "link".to_owned(), link.contact);
    let said = Answer { yes, means, proof, asked_at: ctx.now, at };
    let state = answer(store, ctx.now, (link.municipality, link.person), said).await?;
    let words = match state {
        WardState::Active => words(
            ctx.locale,
            (
                "Vielen Dank",
                "Sie erhalten ab jetzt Nachrichten Ihres Rathauses. Über denselben Link beenden Sie das.",
            ),
            ("Thank you", "From now on you get messages of your town hall. The same link ends it."),
        ),
        _ => words(
            ctx.locale,
            ("Sie erhalten keine Nachrichten", "Es wird nichts mehr an Sie gesendet."),
            ("You get no messages", "Nothing is sent to you any more."),
        ),
    };
    Ok(page(StatusCode::OK, ctx.locale, &words, &[]))
}

/// Asks whether somebody wants no more letters.
#[get("/unsubscribe/{token}")]
async fn unsubscribing(moment: Moment, token: Path<String>, secrets: Data<Secrets>) -> HttpResponse {
    let (ctx, token) = (moment.ctx, token.into_inner());
    if PersonLink::read(&token, &secrets, LinkKind::Unsubscribe, ctx.now).is_err() {
        return closed(ctx.locale);
    }
    let words = words(
        ctx.locale,
        (
            "E-Mails abbestellen",
            "Möchten Sie keine E-Mails Ihrer Kommune mehr erhalten? Warnungen bei Gefahr bleiben, wenn Sie sie gewählt haben.",
        ),
        (
            "No more e-mails",
            "Would you like no more e-mails of your municipality? Warnings of danger stay if you chose them.",
        ),
    );
    let label = match ctx.locale {
        Locale::De => "Abbestellen",
        Locale::En => "Unsubscribe",
    };
    page(StatusCode::OK, ctx.locale, &words, &[(format!("/unsubscribe/{token}"), label)])
}

/// No more letters but warnings; again and again the same.
#[post("/unsubscribe/{token}")]
async fn unsubscribe(
    moment: Moment,
    token: Path<String>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let ctx = &moment.ctx;
    let Ok(link) = PersonLink::read(&token, &secrets, LinkKind::Unsubscribe, ctx.now) else {
        return Ok(closed(ctx.locale));
    };
    let circumstances =
        Circumstances { at: ctx.now, means: Means::Link, text_version: CURRENT, proof: None, by: By::Person };
    let letters = Withdrawal { channel: Channel::Email, crisis_too: false };
    let tx = store.begin(Scope::Municipality(link.municipality)).await?;
    if tx.person(link.person).await?.is_some() {
        withdraw(&*tx, (link.person, link.municipality), letters, &circumstances).await?;
        tx.commit().await?;
    }
    let words = words(
        ctx.locale,
        (
            "Abbestellt",
            "Sie erhalten keine Mitteilungen mehr per E-Mail. Warnungen bei Gefahr kommen weiter, wenn Sie sie gewählt haben. In der App können Sie beides ändern.",
        ),
        (
            "Unsubscribed",
            "You get no more news by e-mail. Warnings of danger still come if you chose them. You can change both in the app.",
        ),
    );
    Ok(page(StatusCode::OK, ctx.locale, &words, &[]))
}
