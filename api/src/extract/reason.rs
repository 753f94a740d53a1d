//! What serde's messages mean. They are matched here and nowhere shown: they repeat the rejected value.

use domain::{Code, text::Bounds};

use crate::problem::code_named;

/// What is behind a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason<'a> {
    /// The field, where the message names one that its path lacks.
    pub field: Option<&'a str>,
    /// What is wrong.
    pub code: Code,
    /// How long the text may be, where that is what is wrong and the message says it.
    pub bounds: Option<Bounds>,
}

/// What is behind a message.
///
/// The domain's texts refuse with `code:too_long`, those with bounds with `code:too_long:1:80`; everything else is
/// serde's own wording, which tests beside the extractors hold fast.
pub fn reason(message: &str) -> Reason<'_> {
    let named = [
        ("missing field `", Code::Required),
        ("unknown field `", Code::UnknownField),
        ("duplicate field `", Code::Contradiction),
    ];
    for (before, code) in named {
        if let Some((field, _)) = message.strip_prefix(before).and_then(|rest| rest.split_once('`')) {
            return Reason { field: Some(field), code, bounds: None };
        }
    }
    if let Some(own) = message.strip_prefix("code:").and_then(|rest| rest.split_whitespace().next()) {
        let mut parts = own.split(':');
        if let Some(code) = parts.next().and_then(code_named) {
            let mut number = || parts.next()?.parse().ok();
            let bounds = number().zip(number()).map(|(least, most)| Bounds { least, most });
            let is_length = matches!(code, Code::TooShort | Code::TooLong);
            return Reason { field: None, code, bounds: bounds.filter(|_| is_length) };
        }
    }
    let code = if message.starts_with("unknown variant") {
        Code::NotAllowed
    } else if message.starts_with("invalid value: integer")
        || message.starts_with("invalid value: floating point")
    {
        Code::OutOfRange
    } else if message.starts_with("invalid length") {
        Code::TooMany
    } else {
        Code::WrongType
    };
    Reason { field: None, code, bounds: None }
}

#[cfg(test)]
mod tests {
    use domain::text::{Description, Name};

    use super::*;

    fn refused<T: TryFrom<String>>(text: &str) -> Reason<'static>
    where
        T::Error: std::fmt::Display,
    {
        let error = T::try_from(text.to_owned()).err().map(|error| error.to_string()).unwrap();
        // As serde_json says where it stood.
        let said = format!("{error} at line 1 column 20");
        assert_eq!(reason(&error), reason(&said));
        let Reason { code, bounds, .. } = reason(&error);
        Reason { field: None, code, bounds }
    }

    #[test]
    fn a_text_outside_its_bounds_brings_them() {
        let reason = |code, bounds: Option<(usize, usize)>| {
            let bounds = bounds.map(|(least, most)| Bounds { least, most });
            Reason { field: None, code, bounds }
        };
        assert_eq!(refused::<Description>("x"), reason(Code::TooShort, Some((3, 4000))));
        assert_eq!(refused::<Name>(&"x".repeat(81)), reason(Code::TooLong, Some((1, 80))));
        assert_eq!(refused::<Name>("a\nb"), reason(Code::CharacterNotAllowed, None));
        assert_eq!(super::reason("code:too_long"), reason(Code::TooLong, None));
        assert_eq!(super::reason("code:unheard_of:1:2"), reason(Code::WrongType, None));
    }
}
