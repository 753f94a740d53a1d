//! Citizens, guests, and those who need not say who they are.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use domain::{
    Code, Ctx,
    context::{Permission, Person, Reporter},
};
use infrastructure::tokens::{Access, Bearer};

use super::{Shown, bearer, program, shown};
use crate::{
    extract::header,
    problem::{Problem, parameter},
};

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// Longest return key that is looked at.
const LONGEST_KEY: usize = 200;

/// Whoever has a token, of any kind.
pub struct SignedIn(pub Ctx<Access>);

/// A citizen or a guest. Without a token 401, with a token of staff 403.
pub struct PersonActor(pub Ctx<Person>);

/// A citizen or guest where a token of theirs was sent, else nobody in particular.
pub struct MaybePerson(pub Ctx<Option<Person>>);

/// Whoever reports: a citizen or guest by token, else anonymous, with the header `Return-Key` where
/// it was sent. The key wins over a token: it names one complaint. A program with the municipality's
/// key reports for somebody who told it, and so anonymously; without the right to it 403.
pub struct ReporterActor(pub Ctx<Reporter>);

/// The header `Return-Key` where it was sent.
pub struct ReturnKey(pub Option<String>);

pub(super) fn person(access: Access) -> Option<Person> {
    let (person, account) = match access.bearer {
        Bearer::Citizen { person, account } => (person, Some(account)),
        Bearer::Guest { person } => (person, None),
        Bearer::Staff { .. } => return None,
    };
    Some(Person { person, account, session: access.session })
}

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let (moment, access) = bearer(&request).await?;
            let access = access.ok_or_else(|| Problem::new(Code::Unauthenticated))?;
            Ok(Self(moment.ctx.with(access)))
        })
    }
}

impl FromRequest for PersonActor {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let signed_in = SignedIn::from_request(request, payload);
        Box::pin(async move {
            let SignedIn(ctx) = signed_in.await?;
            let person = person(ctx.actor).ok_or_else(|| Problem::new(Code::Forbidden))?;
            Ok(Self(ctx.with(person)))
        })
    }
}

impl FromRequest for MaybePerson {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let (moment, shown) = shown(&request).await?;
            let person = match shown {
                Shown::Token(access) => person(access),
                Shown::Nothing | Shown::Key(_) => None,
            };
            Ok(Self(moment.ctx.with(person)))
        })
    }
}

impl FromRequest for ReporterActor {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let (moment, shown) = shown(&request).await?;
            let key = return_key(&request)?;
            let reporter = match (key, shown) {
                (None, Shown::Token(access)) => {
                    Reporter::Person(person(access).ok_or_else(|| Problem::new(Code::Forbidden))?)
                }
                (return_key, Shown::Key(key)) => {
                    let program = program(&request, &moment, &key).await?;
                    moment.ctx.with(program).require(Permission::FileComplaints)?;
                    match return_key {
                        None => Reporter::Program(key.id),
                        return_key => Reporter::Anonymous { return_key },
                    }
                }
                (return_key, _) => Reporter::Anonymous { return_key },
            };
            Ok(Self(moment.ctx.with(reporter)))
        })
    }
}

impl FromRequest for ReturnKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(return_key(request).map(Self))
    }
}

pub(super) fn return_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    const NAME: &str = "Return-Key";
    if !request.headers().contains_key(NAME) {
        return Ok(None);
    }
    let key = header(request, NAME).map(str::trim).unwrap_or_default();
    let legible =
        !key.is_empty() && key.len() <= LONGEST_KEY && key.bytes().all(|byte| byte.is_ascii_graphic());
    if legible { Ok(Some(key.to_owned())) } else { Err(parameter(NAME)) }
}
