//! The language of answers (RFC 9110, section 12.5.4).

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};
use domain::Locale;

use super::Moment;
use crate::problem::Problem;

/// The language the client prefers among German and English; German where it names neither.
///
/// ```
/// use api::extract::preferred;
/// use domain::Locale;
/// assert_eq!(preferred("fr, en;q=0.8, de;q=0.5"), Locale::En);
/// assert_eq!(preferred("fr"), Locale::De);
/// ```
pub fn preferred(header: &str) -> Locale {
    let mut best = (Locale::default(), 0.0);
    for range in header.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default();
        let primary = tag.split('-').next().unwrap_or_default();
        let locale = match primary.to_ascii_lowercase().as_str() {
            "de" | "*" => Locale::De,
            "en" => Locale::En,
            _ => continue,
        };
        let quality = match parts.find_map(|part| part.strip_prefix("q=")) {
            Some(text) => text.trim().parse::<f32>().unwrap_or(0.0),
            None => 1.0,
        };
        if (0.0..=1.0).contains(&quality) && quality > best.1 {
            best = (locale, quality);
        }
    }
    best.0
}

/// The language to answer in.
pub struct AcceptLanguage(pub Locale);

impl AcceptLanguage {
    pub(crate) fn of(request: &HttpRequest) -> Locale {
        let header = request.headers().get(header::ACCEPT_LANGUAGE);
        preferred(header.and_then(|value| value.to_str().ok()).unwrap_or_default())
    }
}

impl FromRequest for AcceptLanguage {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Moment::of(request).map(|moment| Self(moment.ctx.locale)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quality_decides() {
        for (header, locale) in [
            ("", Locale::De),
            ("en", Locale::En),
            ("EN-gb", Locale::En),
            ("de-AT,en;q=0.9", Locale::De),
            ("de;q=0.1, en ; q=0.2", Locale::En),
            ("en;q=0, *;q=0.1", Locale::De),
            ("en;q=0", Locale::De),
            ("fr, es", Locale::De),
            ("en;q=nonsense", Locale::De),
            ("en;q=NaN", Locale::De),
            ("en;q=17, de;q=0.1", Locale::De),
            (";;,,;q=,=", Locale::De),
        ] {
            assert_eq!(preferred(header), locale, "{header}");
        }
    }

    proptest! {
        #[test]
        fn garbage_is_no_trouble(header in ".*") {
            preferred(&header);
        }
    }
}
