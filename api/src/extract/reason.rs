//! What serde's messages mean. They are matched here and nowhere shown: they repeat the rejected value.

use domain::Code;

use crate::problem::code_named;

/// The code behind a message, and the field where the message names one that its path lacks.
///
/// The domain's texts refuse with `code:too_long`; everything else is serde's own wording, which tests
/// beside the extractors hold fast.
pub fn reason(message: &str) -> (Option<&str>, Code) {
    let named = [
        ("missing field `", Code::Required),
        ("unknown field `", Code::UnknownField),
        ("duplicate field `", Code::Contradiction),
    ];
    for (before, code) in named {
        if let Some((field, _)) = message.strip_prefix(before).and_then(|rest| rest.split_once('`')) {
            return (Some(field), code);
        }
    }
    let own =
        message.strip_prefix("code:").and_then(|rest| rest.split_whitespace().next()).and_then(code_named);
    let code = match own {
        Some(code) => code,
        None if message.starts_with("unknown variant") => Code::NotAllowed,
        None if message.starts_with("invalid value: integer")
            || message.starts_with("invalid value: floating point") =>
        {
            Code::OutOfRange
        }
        None if message.starts_with("invalid length") => Code::TooMany,
        None => Code::WrongType,
    };
    (None, code)
}
