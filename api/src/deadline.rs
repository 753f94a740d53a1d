//! A body arrives within a time, or its connection ends. Without that, somebody who sends a byte now and
//! then holds connections for ever.

use std::{
    cell::{Cell, RefCell},
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    HttpMessage, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Payload, ServiceRequest},
    error::PayloadError,
    web::Bytes,
};
use futures::Stream;
use tokio::time::{Instant, Sleep, sleep_until};

/// The body of a request that is being answered.
#[derive(Clone)]
pub struct Body(Rc<State>);

struct State {
    payload: RefCell<Payload>,
    deadline: Instant,
    /// Read to its end.
    over: Cell<bool>,
    /// Given up because its time was over.
    late: Cell<bool>,
}

/// What handlers read from.
struct Timed {
    body: Body,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Body {
    /// From now on the request's body ends with an error once `within` is over. None where there is
    /// no body.
    pub fn of(request: &mut ServiceRequest, within: Duration) -> Option<Self> {
        let payload = request.take_payload();
        if matches!(payload, Payload::None) {
            return None;
        }
        let state = State {
            payload: RefCell::new(payload),
            deadline: Instant::now() + within,
            over: Cell::default(),
            late: Cell::default(),
        };
        let body = Self(Rc::new(state));
        let payload = Box::pin(Timed { body: body.clone(), alarm: None });
        request.set_payload(Payload::Stream { payload });
        Some(body)
    }

    /// Whether it did not arrive in time.
    pub fn is_late(&self) -> bool {
        self.0.late.get()
    }

    /// Lets `response` hold what was not read until it has left. A body that nobody holds any more is read
    /// away by the server, however long that takes, where its sender did not say how long it is. One that is
    /// still held ends the connection after the answer.
    pub fn keep(&self, mut response: HttpResponse) -> HttpResponse {
        if self.0.over.get() {
            return response;
        }
        response.extensions_mut().insert(self.clone());
        response.map_body(|_, answer| BoxBody::new(Holding { answer, _request: self.clone() }))
    }
}

/// An answer's body that holds the request's.
struct Holding {
    answer: BoxBody,
    _request: Body,
}

impl MessageBody for Holding {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.answer.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.answer).poll_next(cx)
    }
}

impl Stream for Timed {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { body: Body(state), alarm } = &mut *self;
        let next = Pin::new(&mut *state.payload.borrow_mut()).poll_next(cx);
        let late = match &next {
            Poll::Ready(None) => {
                state.over.set(true);
                false
            }
            Poll::Ready(Some(_)) => Instant::now() >= state.deadline,
            Poll::Pending => {
                let alarm = alarm.get_or_insert_with(|| Box::pin(sleep_until(state.deadline)));
                alarm.as_mut().poll(cx).is_ready()
            }
        };
        if late {
            state.late.set(true);
            return Poll::Ready(Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into()))));
        }
        next
    }
}
