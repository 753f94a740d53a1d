//! Kannel's delivery reports, and text messages that came in through it.

use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Path, Query},
};
use domain::{Code, Store, phone::Phone, sms::Reply};
use infrastructure::{gateways::kannel, secrets::Secrets};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::{take, texts};
use crate::{config::Config, extract::Moment, problem::Problem};

/// What we asked to be told; a gateway may add what it likes.
#[derive(Deserialize)]
struct Told {
    status: Option<String>,
}

/// `GET` with the value of `%d`. The signed token in the address is the proof.
#[get("/callbacks/kannel/reports/{token}")]
pub async fn report(
    moment: Moment,
    token: Path<String>,
    told: Query<Told>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let status = told.into_inner().status.and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| Problem::new(Code::MalformedParameter))?;
    take(&**store, &secrets, &moment.ctx, &token, kannel::report(status)).await?;
    Ok(HttpResponse::Ok().finish())
}

/// What Kannel hands on. Read from the bytes: a text may be UTF-16.
#[derive(Debug, Default, PartialEq, Eq)]
struct Handed {
    from: String,
    id: String,
    text: String,
}

impl Handed {
    fn read(query: &str) -> Self {
        let mut handed = Self::default();
        let mut text = Vec::new();
        let mut is_wide = false;
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let spaced = value.replace('+', " ");
            let bytes: Vec<u8> = percent_decode_str(&spaced).collect();
            let words = || String::from_utf8_lossy(&bytes).trim().to_owned();
            match name {
                "from" => handed.from = words(),
                "id" => handed.id = words().chars().take(80).collect(),
                "coding" => is_wide = words() == "2",
                "text" => text = bytes,
                _ => {}
            }
        }
        handed.text = if is_wide { wide(&text) } else { narrow(&text) };
        handed
    }
}

/// Big-endian UTF-16, as telephones send what their own alphabet lacks.
fn wide(bytes: &[u8]) -> String {
    let units =
        bytes.chunks(2).map(|pair| pair.iter().fold(0_u16, |unit, byte| (unit << 8) | u16::from(*byte)));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// UTF-8, or Latin-1 from older gateways.
fn narrow(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| bytes.iter().map(|byte| char::from(*byte)).collect())
}

/// A text message that came in, by `get-url` of Kannel's `sms-service`. The key in the address is the proof:
/// Kannel signs nothing. What it says is done at once; Kannel sends on what we answer, which is nothing unless
/// somebody wants to join a town that is none of ours.
#[get("/callbacks/kannel/messages/{key}")]
pub async fn message(
    moment: Moment,
    key: Path<String>,
    request: HttpRequest,
    config: Data<Config>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let ours = config.sms.kannel.as_ref().and_then(|kannel| kannel.incoming_key.as_ref());
    if !ours.is_some_and(|ours| bool::from(ours.expose().as_bytes().ct_eq(key.as_bytes()))) {
        return Err(Problem::new(Code::NotFound));
    }
    let handed = Handed::read(request.query_string());
    let reply = Reply::read(&handed.text);
    metrics::counter!("text_messages_received_total", "kind" => texts::kind(&reply)).increment(1);
    let answer = match Phone::stored(handed.from) {
        Ok(from) => texts::take(&**store, &config, &moment.ctx, &from, reply, handed.id).await?,
        Err(_) => None,
    };
    let mut response = HttpResponse::Ok();
    response.content_type("text/plain; charset=utf-8");
    Ok(response.body(answer.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_in_every_coding() {
        for (query, text) in [
            ("from=%2B4915228817386&id=7&coding=0&text=Bad+D%C3%BCben%21", "Bad Düben!"),
            ("text=Bad+D%FCben%21&from=%2B4915228817386&id=7", "Bad Düben!"),
            ("from=%2B4915228817386&id=7&text=%00J%00a%00+%D8%3D%DE%00&coding=2", "Ja 😀"),
            ("from=%2B4915228817386&id=7&text=%00J%00&coding=2", "J\0"),
            ("from=%2B4915228817386&id=7&text=&more=x&y", ""),
        ] {
            let wanted = Handed { from: "+4915228817386".into(), id: "7".into(), text: text.into() };
            assert_eq!(Handed::read(query), wanted, "{query}");
        }
    }
}
