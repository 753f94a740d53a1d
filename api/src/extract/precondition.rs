//! Entity tags and conditional requests (RFC 9110, sections 8.8.3 and 13).

use std::{
    fmt,
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Code, Locale};
use infrastructure::secrets::sha256;
use serde::Deserialize;
use utoipa::IntoParams;

use super::header;
use crate::problem::{Problem, parameter};

/// A strong entity tag, quotes included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityTag(String);

impl EntityTag {
    /// No tag of ours has more characters, quotes included.
    pub const LONGEST: usize = 100;
    /// The form of our tags, for the document.
    pub const PATTERN: &str = r#"^"[!#-+\--~]+"$"#;

    /// The tag of an aggregate's version: `"v3"`. [`IfMatch`] reads it back.
    pub fn version(version: i64) -> Self {
        Self(format!("\"v{version}\""))
    }

    /// The tag of an aggregate's version together with what else `bytes` shows of it: `"v3-…"`.
    pub fn version_showing(version: i64, bytes: &[u8]) -> Self {
        let Self(content) = Self::content(bytes);
        Self(format!("\"v{version}-{}", content.trim_start_matches('"')))
    }

    /// The tag of these exact bytes, for what has no version: lists and computed views.
    pub fn content(bytes: &[u8]) -> Self {
        let digest: Vec<u8> = sha256(bytes).into_iter().take(15).collect();
        Self(format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest)))
    }

    /// The same for an answer whose texts depend on the language: `"v3-de"`.
    pub fn in_locale(self, locale: Locale) -> Self {
        Self(format!("{}-{locale}\"", self.0.trim_end_matches('"')))
    }
}

impl fmt::Display for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The header, for the document: `params(TownPath, IfMatchParams)`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatchParams {
    /// The `ETag` of what you saw.
    #[serde(rename = "If-Match")]
    #[param(max_length = 100, example = "\"v3\"")]
    pub tag: String,
}

/// The version a change is meant for, from `If-Match`. Missing: 428; `*` counts as missing, since it names
/// no version. What is no entity tag: 400. Any tag but one version's is a version that nothing has, so that
/// it is stale where the change would be made, and not before the body was read.
///
/// ```
/// use api::extract::IfMatch;
///
/// async fn change(IfMatch(version): IfMatch) -> String {
///     format!("version {version}")
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub i64);

impl IfMatch {
    fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let sent = request.headers().contains_key("If-Match");
        match header(request, "If-Match").map(str::trim) {
            // Something that is no text is not the same as nothing.
            None if sent => Err(parameter("If-Match")),
            None | Some("*" | "") => Err(Problem::new(Code::PreconditionRequired)),
            Some(list) if !is_tags(list) => Err(parameter("If-Match")),
            Some(tag) => Ok(Self(version(tag).unwrap_or(NO_VERSION))),
        }
    }
}

/// The version of what never had one.
const NO_VERSION: i64 = -1;

/// Whether `list` is one entity tag or several (RFC 9110, 8.8.3), and short enough to be ours.
fn is_tags(list: &str) -> bool {
    let is_tag = |tag: &str| {
        let opaque =
            tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
        opaque.is_some_and(|opaque| !opaque.bytes().any(|byte| byte <= b' ' || byte == b'"'))
    };
    list.len() <= EntityTag::LONGEST && list.split(',').map(str::trim).all(is_tag)
}

fn version(tag: &str) -> Option<i64> {
    let tag = tag.strip_prefix("\"v")?.strip_suffix('"')?;
    let number = tag.split_once('-').map_or(tag, |(number, _)| number);
    number.parse().ok().filter(|version| *version >= 0)
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request))
    }
}

/// What the client has already, from `If-None-Match`.
#[derive(Clone, Debug, Default)]
pub struct IfNoneMatch(Option<String>);

impl IfNoneMatch {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        Self(header(request, "If-None-Match").map(str::to_owned))
    }

    /// Whether the client has `tag`: then the answer is 304. The comparison is weak (RFC 9110, 8.8.3.2).
    pub fn has(&self, tag: &EntityTag) -> bool {
        self.0.as_deref().is_some_and(|list| {
            list.split(',')
                .map(str::trim)
                .any(|seen| seen == "*" || seen.strip_prefix("W/").unwrap_or(seen) == tag.0)
        })
    }
}

impl FromRequest for IfNoneMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn version_asked_for(value: Option<&str>) -> Result<i64, Code> {
        let request = TestRequest::default();
        let request = match value {
            Some(value) => request.insert_header(("If-Match", value)),
            None => request,
        };
        IfMatch::read(&request.to_http_request()).map(|tag| tag.0).map_err(|problem| problem.code())
    }

    #[test]
    fn one_strong_version_counts() {
        assert_eq!(version_asked_for(Some("\"v3\"")), Ok(3));
        assert_eq!(version_asked_for(Some(&EntityTag::version(7).in_locale(Locale::De).to_string())), Ok(7));
        let showing = EntityTag::version_showing(12, b"x").to_string();
        assert_eq!(version_asked_for(Some(&showing)), Ok(12));
        for missing in [None, Some("*"), Some("")] {
            assert_eq!(version_asked_for(missing), Err(Code::PreconditionRequired), "{missing:?}");
        }
        for no_tag in ["v3", "\"v3", "\"v 3\"", "\"v3\",", &format!("\"{}\"", "3".repeat(99))] {
            assert_eq!(version_asked_for(Some(no_tag)), Err(Code::MalformedParameter), "{no_tag}");
        }
        for other in ["W/\"v3\"", "\"3\"", "\"v3\", \"v4\"", "\"v-1\"", "\"v99999999999999999999\""] {
            assert_eq!(version_asked_for(Some(other)), Ok(NO_VERSION), "{other}");
        }
    }

    #[test]
    fn a_client_that_has_it_need_not_get_it() {
        let seen = |list: &str| IfNoneMatch(Some(list.into()));
        assert!(seen("\"v3-de\"").has(&EntityTag::version(3).in_locale(Locale::De)));
        assert!(!seen("\"v3-de\"").has(&EntityTag::version(3).in_locale(Locale::En)));
        assert!(seen("\"v1\", W/\"v3\"").has(&EntityTag::version(3)));
        assert!(seen("*").has(&EntityTag::content(b"x")));
        assert!(!IfNoneMatch::default().has(&EntityTag::version(3)));
        assert_ne!(EntityTag::content(b"x"), EntityTag::content(b"y"));
    }
}
