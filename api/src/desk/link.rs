//! The page behind the link in a department's e-mail. Reading changes nothing, since mail scanners open
//! links; every answer is a POST. Pages are for people and stay out of the document.

use actix_web::{
    HttpResponse, get,
    http::{StatusCode, header},
    post,
    web::{self, Data, Form, FormConfig, Path},
};
use domain::{
    Code, Ctx, Error, Locale, Store,
    complaints::{
        desk::{Answer, answer, link::look},
        photo::Rendition,
    },
    context::DeskLink,
    ids::{DepartmentId, PhotoId},
    text::Remark,
};
use infrastructure::{
    photos::{PhotoKey, Photos},
    secrets::{Secrets, SignedTokenError, open_desk_token},
};
use serde::Deserialize;

use super::{
    page::{ComplaintPage, Entered, NoticePage, STYLE, Wrong},
    words::{Said, words},
};
use crate::{
    extract::Moment,
    pages::{guarded, html, see_other},
};

/// Longest form in bytes: two remarks, percent-encoded.
const LONGEST_FORM: usize = 64 * 1024;

/// The addresses of [`pages`].
pub const PAGES: [&str; 4] =
    ["/desk/style.css", "/desk/{token}", ANSWERS, "/desk/{token}/photos/{photo}/{rendition}"];

/// Those of its forms.
pub const FORMS: [&str; 1] = [ANSWERS];

const ANSWERS: &str = "/desk/{token}/{answer:accept|resolve|not-ours}";

/// The pages.
pub fn pages(config: &mut web::ServiceConfig) {
    config.app_data(FormConfig::default().limit(LONGEST_FORM));
    config
        .service(style)
        .service(show)
        .service(accept)
        .service(resolve)
        .service(not_ours)
        .service(photo)
        .service(reloaded);
}

/// What a form sends; each uses its own fields.
#[derive(Deserialize)]
struct Fields {
    version: i64,
    #[serde(default)]
    public_text: String,
    #[serde(default)]
    internal_text: String,
    #[serde(default)]
    department: String,
}

/// Why there is no complaint to show.
enum Closed {
    Link(SignedTokenError),
    Form,
    Refused(Code),
    Broken(Error),
}

impl From<Error> for Closed {
    fn from(error: Error) -> Self {
        match error.code() {
            Some(code) => Self::Refused(code),
            None if matches!(error, Error::Store(domain::StoreError::Stale)) => Self::Refused(Code::Stale),
            None => Self::Broken(error),
        }
    }
}

/// A link that does not count, and the language to say so in.
struct NoEntry(SignedTokenError, Locale);

impl From<NoEntry> for HttpResponse {
    fn from(NoEntry(error, locale): NoEntry) -> Self {
        closed(&Closed::Link(error), locale, None)
    }
}

/// A request under a link.
struct Visit {
    ctx: Ctx<DeskLink>,
    token: String,
    store: Data<dyn Store>,
}

impl Visit {
    fn new(
        moment: Moment,
        token: String,
        secrets: &Secrets,
        store: Data<dyn Store>,
    ) -> Result<Self, NoEntry> {
        let locale = moment.ctx.locale;
        match open_desk_token(&token, secrets, moment.ctx.now) {
            Ok(link) => Ok(Self { ctx: moment.ctx.with(link), token, store }),
            Err(error) => Err(NoEntry(error, locale)),
        }
    }

    fn locale(&self) -> Locale {
        self.ctx.locale
    }

    fn home(&self) -> String {
        format!("/desk/{}", self.token)
    }

    fn closed(&self, why: impl Into<Closed>) -> HttpResponse {
        closed(&why.into(), self.locale(), Some(self.home()))
    }

    async fn page(&self, status: StatusCode, entered: Entered, wrong: Option<Wrong>) -> HttpResponse {
        match look(self.store.as_ref(), &self.ctx).await {
            Ok(view) => {
                let page = ComplaintPage::new(view, &self.token, self.locale(), entered, wrong);
                html(status, &page, self.locale())
            }
            Err(error) => self.closed(error),
        }
    }

    /// Does what the form says and leads back to the complaint; shows it again where a field is wrong.
    async fn answer(
        &self,
        form: Result<Form<Fields>, actix_web::Error>,
        say: impl FnOnce(&Self, &Fields) -> Result<Answer, Wrong>,
    ) -> HttpResponse {
        let Ok(Form(fields)) = form else { return self.closed(Closed::Form) };
        let said = say(self, &fields);
        let version = fields.version;
        let entered = Entered {
            public_text: fields.public_text,
            internal_text: fields.internal_text,
            department: fields.department,
        };
        let wrong = match said {
            Err(wrong) => wrong,
            Ok(said) => match answer(self.store.as_ref(), &self.ctx, version, said).await {
                Ok(()) => return see_other(&self.home()),
                Err(error) => match self.wrong(&error) {
                    Some(wrong) => wrong,
                    None => return self.closed(error),
                },
            },
        };
        self.page(StatusCode::UNPROCESSABLE_ENTITY, entered, Some(wrong)).await
    }

    /// The field a refusal is about.
    fn wrong(&self, error: &Error) -> Option<Wrong> {
        let Error::Refused(refusal) = error else { return None };
        let t = words(self.locale());
        match refusal.violations.first()?.pointer.as_str() {
            "/public_text" => Some(Wrong { field: "public_text", text: t.text_missing }),
            "/department" => Some(Wrong { field: "department", text: t.department_missing }),
            _ => None,
        }
    }

    /// An optional text of a form.
    fn remark(&self, field: &'static str, text: &str) -> Result<Option<Remark>, Wrong> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        // Browsers count a line break as one character and send two.
        let text = text.replace("\r\n", "\n");
        let wrong = |_| Wrong { field, text: words(self.locale()).text_wrong };
        Remark::parse(text.trim()).map(Some).map_err(wrong)
    }
}

/// A page that says why there is no complaint to show, and what to do.
fn closed(why: &Closed, locale: Locale, home: Option<String>) -> HttpResponse {
    let t = words(locale);
    let (status, said, back): (_, &'static Said, _) = match why {
        Closed::Link(SignedTokenError::Expired) => (StatusCode::GONE, &t.expired, None),
        Closed::Link(_) => (StatusCode::NOT_FOUND, &t.invalid, None),
        Closed::Form => (StatusCode::BAD_REQUEST, &t.busy, home),
        Closed::Refused(Code::NotFound) => (StatusCode::GONE, &t.gone, None),
        Closed::Refused(Code::Overloaded) => (StatusCode::SERVICE_UNAVAILABLE, &t.busy, home),
        Closed::Refused(_) => (StatusCode::CONFLICT, &t.stale, home),
        Closed::Broken(error) => {
            tracing::error!(%error, "failed");
            (StatusCode::SERVICE_UNAVAILABLE, &t.busy, home)
        }
    };
    html(status, &NoticePage { t, said, back }, locale)
}

#[get("/desk/style.css")]
async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(STYLE)
}

#[get("/desk/{token}")]
async fn show(
    moment: Moment,
    token: Path<String>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> HttpResponse {
    match Visit::new(moment, token.into_inner(), &secrets, store) {
        Ok(visit) => visit.page(StatusCode::OK, Entered::default(), None).await,
        Err(no_entry) => no_entry.into(),
    }
}

#[post("/desk/{token}/accept")]
async fn accept(
    moment: Moment,
    token: Path<String>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
    form: Result<Form<Fields>, actix_web::Error>,
) -> HttpResponse {
    match Visit::new(moment, token.into_inner(), &secrets, store) {
        Ok(visit) => visit.answer(form, |_, _| Ok(Answer::Accept)).await,
        Err(no_entry) => no_entry.into(),
    }
}

#[post("/desk/{token}/resolve")]
async fn resolve(
    moment: Moment,
    token: Path<String>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
    form: Result<Form<Fields>, actix_web::Error>,
) -> HttpResponse {
    match Visit::new(moment, token.into_inner(), &secrets, store) {
        Ok(visit) => {
            let said = |visit: &Visit, form: &Fields| {
                let text = visit.remark("public_text", &form.public_text);
                text.map(|public_text| Answer::Resolve { public_text })
            };
            visit.answer(form, said).await
        }
        Err(no_entry) => no_entry.into(),
    }
}

#[post("/desk/{token}/not-ours")]
async fn not_ours(
    moment: Moment,
    token: Path<String>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
    form: Result<Form<Fields>, actix_web::Error>,
) -> HttpResponse {
    match Visit::new(moment, token.into_inner(), &secrets, store) {
        Ok(visit) => visit.answer(form, not_ours_said).await,
        Err(no_entry) => no_entry.into(),
    }
}

fn not_ours_said(visit: &Visit, form: &Fields) -> Result<Answer, Wrong> {
    let wrong = |_| Wrong { field: "department", text: words(visit.locale()).department_missing };
    let department = Some(form.department.as_str()).filter(|id| !id.is_empty());
    let department = department.map(str::parse::<DepartmentId>).transpose().map_err(wrong)?;
    let internal_text = visit.remark("internal_text", &form.internal_text)?;
    Ok(Answer::NotOurs { department, internal_text })
}

/// Whoever loads an answer's address again gets to the complaint.
#[get("/desk/{token}/{answer:accept|resolve|not-ours}")]
async fn reloaded(path: Path<(String, String)>) -> HttpResponse {
    see_other(&format!("/desk/{}", path.0))
}

/// A photo of the complaint, for whoever holds the link.
#[get("/desk/{token}/photos/{photo}/{rendition}")]
async fn photo(
    moment: Moment,
    path: Path<(String, PhotoId, Rendition)>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
    photos: Option<Data<Photos>>,
) -> HttpResponse {
    let (token, photo, rendition) = path.into_inner();
    let visit = match Visit::new(moment, token, &secrets, store) {
        Ok(visit) => visit,
        Err(no_entry) => return no_entry.into(),
    };
    let view = match look(visit.store.as_ref(), &visit.ctx).await {
        Ok(view) => view,
        Err(error) => return visit.closed(error),
    };
    let kept = view.dossier.photos.iter().find(|kept| kept.id == photo);
    let Some((kept, photos)) = kept.zip(photos) else {
        return visit.closed(Error::not_found());
    };
    let key = PhotoKey { municipality: view.municipality.id, photo, content: kept.content };
    match photos.store().get(&key, rendition).await {
        Ok(file) => {
            guarded(StatusCode::OK).content_type("image/jpeg").no_chunking(file.length).streaming(file.stream)
        }
        Err(error) => visit.closed(error),
    }
}
