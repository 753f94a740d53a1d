//! The pages behind a problem's `type`: what a code means, for developers.

use std::fmt::Write;

use actix_web::{HttpResponse, get, web};
use domain::{Code, Locale};
use strum::IntoEnumIterator;

use super::{Problem, code_named, texts};
use crate::extract::AcceptLanguage;

/// Explains one code, or all of them at `/problems`.
fn page(codes: impl Iterator<Item = Code>, locale: Locale) -> HttpResponse {
    let mut rows = String::new();
    for code in codes {
        let row = texts::row_of(code);
        let texts::Text(title, detail) = row.text(locale);
        let detail = detail.replace('\n', " ").replace('{', "<i>").replace('}', "</i>");
        let _ = write!(
            rows,
            "<h2 id=\"{code}\"><code>{code}</code> {title}</h2><p>{detail}</p><p>HTTP {}</p>",
            row.status
        );
    }
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("Cache-Control", "public, max-age=3600"))
        .insert_header(("Content-Language", locale.to_string()))
        .insert_header(("Vary", "Accept-Language"))
        .body(format!(
            "<!doctype html><html lang=\"{locale}\"><meta charset=\"utf-8\"><title>Rathaus</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><main>{rows}</main></html>"
        ))
}

/// All codes.
#[get("/problems")]
pub async fn all(AcceptLanguage(locale): AcceptLanguage) -> HttpResponse {
    page(Code::iter(), locale)
}

/// One code.
#[get("/problems/{code}")]
pub async fn one(
    code: web::Path<String>,
    AcceptLanguage(locale): AcceptLanguage,
) -> Result<HttpResponse, Problem> {
    let code = code_named(&code).ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(page(std::iter::once(code), locale))
}
