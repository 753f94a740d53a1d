//! Why something was refused. One closed list of codes; texts and statuses live at the edge.

use std::time::Duration;

use crate::{store::StoreError, text::Bounds};

/// The stable code of a refusal. Never renamed once released; the texts in German and English and
/// the HTTP status stand in one table in `api/src/problem.rs`.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
pub enum Code {
    /// Something in the request's fields is wrong; the violations say what.
    ValidationFailed,
    /// The body is not JSON.
    MalformedJson,
    /// The path or query holds something unreadable.
    MalformedParameter,
    /// No such route, or nothing one may know of.
    NotFound,
    /// The route exists, the method does not.
    MethodNotAllowed,
    /// The answer cannot be given in a form the client accepts.
    NotAcceptable,
    /// The content type is missing or not served here.
    UnsupportedMediaType,
    /// The body is larger than allowed.
    PayloadTooLarge,
    /// The body did not arrive in the time it is given.
    BodyTooSlow,
    /// No token, or one that is expired, forged or foreign.
    Unauthenticated,
    /// E-mail and password, or address and code, do not match.
    CredentialsWrong,
    /// The password is right, and the account has a second factor: a code of it is needed too.
    SecondFactorRequired,
    /// The town hall requires a second factor, and the account has none.
    SecondFactorMissing,
    /// A key stands in the address of the request.
    KeyInAddress,
    /// Signed in, visible, but the permission lacks.
    Forbidden,
    /// The version in `If-Match` is no longer the current one.
    Stale,
    /// `If-Match` is missing.
    PreconditionRequired,
    /// The cursor was edited or belongs to another list.
    CursorInvalid,
    /// The position in the changes is too old: what was removed since is forgotten.
    CursorExpired,
    /// The same idempotency key came with another body.
    IdempotencyKeyReused,
    /// A request with this idempotency key is still being worked on.
    IdempotencyInProgress,
    /// The state machine knows no such step.
    TransitionIllegal,
    /// Something with this identity exists already.
    AlreadyExists,
    /// Something else still needs it.
    InUse,
    /// The default department cannot be deleted.
    DefaultDepartment,
    /// The last active admin stays one.
    LastAdmin,
    /// The place lies outside the municipality.
    OutsideMunicipality,
    /// The objection came after 28 days.
    ObjectionTooLate,
    /// Too many requests of this kind.
    TooManyRequests,
    /// Try again shortly: the service is overloaded or a write waited too long.
    Overloaded,
    /// Something broke on our side.
    Internal,
    /// The picture cannot be read or is not of an accepted kind.
    PhotoUnreadable,
    /// The picture has more pixels than allowed.
    PhotoTooLarge,
    /// The file is not a whole PDF.
    DocumentUnreadable,
    /// The town hall accepts no reports without an account.
    GuestsNotAccepted,
    /// The town hall accepts no anonymous reports.
    AnonymousNotAccepted,
    /// The kind of sign-in is not available on this installation.
    ChannelUnavailable,
    /// No municipality is followed in whose name something could be sent.
    NothingFollowed,
    /// What was submitted can no longer be edited.
    NotEditable,
    /// Whoever submitted a warning cannot approve it.
    OwnApproval,
    /// It goes to unusually many people, and their number was not confirmed.
    PeopleUnconfirmed,
    /// It is for nobody.
    AudienceEmpty,
    /// The poll takes no votes any more.
    PollClosed,
    /// This person, or this phone, has voted for something else.
    VotedAlready,
    /// Whoever answers at this number or address said no before.
    WardRefused,

    // Violations of single fields.
    /// The field is missing.
    Required,
    /// No such field.
    UnknownField,
    /// Of the wrong JSON type or an unreadable value.
    WrongType,
    /// Shorter than allowed.
    TooShort,
    /// Longer than allowed.
    TooLong,
    /// More items than allowed.
    TooMany,
    /// Outside the allowed range.
    OutOfRange,
    /// Over before the morning for which news wait.
    EndsAtNight,
    /// Contains a character that is not allowed, such as NUL.
    CharacterNotAllowed,
    /// A password that is among the first an attacker would try.
    PasswordGuessable,
    /// Not a device token of Apple's push service.
    DeviceTokenInvalid,
    /// Not one of the allowed values.
    NotAllowed,
    /// Not an e-mail address.
    EmailInvalid,
    /// Not a telephone number.
    PhoneInvalid,
    /// A number that costs extra or belongs to no line: 0900, 0137, 0180, 0700, 0800.
    PhonePremium,
    /// A country whose numbers this installation does not serve.
    PhoneCountry,
    /// A telephone number that takes no text messages, or takes no calls here.
    PhoneUnreachable,
    /// Names something that does not exist here.
    UnknownReference,
    /// Exactly one of several fields must be given.
    ExactlyOne,
    /// Two fields contradict each other.
    Contradiction,
    /// The tree is nested too deeply.
    TooDeep,
    /// Not a valid area: needs closed rings of at least four points, longitude first.
    GeometryInvalid,
    /// Latitude and longitude, or easting and northing, stand in each other's place.
    AxesSwapped,
    /// Not a house number such as 12 or 12a.
    HouseNumberInvalid,
    /// Not opening hours as OpenStreetMap writes them.
    HoursUnreadable,
    /// Not a rule by which an event comes back, or one that never comes.
    RecurrenceUnreadable,
    /// Not houses of a street such as 2-8, 12a or odd.
    HouseRangeInvalid,
    /// A source's word for a kind of waste that nobody told us about.
    WasteUnknown,
    /// Not a calendar (RFC 5545): a web page, a picture, or empty.
    CalendarUnreadable,
    /// Not a feed (RSS 2.0 or Atom), or one that hides something.
    FeedUnreadable,
    /// Not GeoJSON, or a shape that is neither a place nor a way.
    MapUnreadable,
    /// The source says nothing at all.
    SourceEmpty,
    /// The source does not answer, or with something else.
    SourceUnavailable,
    /// What depends on a home address was chosen without one.
    HomeMissing,
    /// The channel was not chosen for one's own matters.
    ChannelNotChosen,
    /// The rule could not be evaluated.
    RuleUnusable,
    /// A public text is required for this step.
    PublicTextRequired,
    /// The address is not in the register.
    AddressUnknown,
    /// The channel needs an address or number that is not known.
    ContactMissing,
    /// The town hall's service has not started: only its staff and its testers may follow.
    NotStarted,
    /// A place to fill in that the template does not have, or that was not filled in.
    PlaceholderUnknown,
    /// A value that does not fit the kind of its place.
    PlaceholderMismatch,
    /// What follows up a drill is no drill, or the other way round.
    DrillMismatch,
    /// A one-time code that is wrong, used, too old, or was guessed at too often.
    CodeWrong,
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// JSON pointer (RFC 6901) into the request body.
    pub pointer: String,
    /// What is wrong with it.
    pub code: Code,
    /// How long it may be, where it is a text of another length and whoever found out knows.
    pub bounds: Option<Bounds>,
}

impl Violation {
    /// A violation at `pointer`.
    pub fn new(pointer: impl Into<String>, code: Code) -> Self {
        Self { pointer: pointer.into(), code, bounds: None }
    }
}

/// A refusal: the caller can do something about it, or must wait.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused: {code}")]
pub struct Refusal {
    /// The reason.
    pub code: Code,
    /// The fields that are wrong, where there are any.
    pub violations: Vec<Violation>,
    /// Values for the placeholders of the code's texts, such as `municipality`. Never personal data.
    pub values: Vec<(&'static str, String)>,
    /// When trying again makes sense.
    pub retry_after: Option<Duration>,
}

/// What a use case can fail with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller's turn.
    #[error(transparent)]
    Refused(#[from] Box<Refusal>),
    /// Our turn.
    #[error("storage failed")]
    Store(#[from] StoreError),
}

impl Error {
    /// A refusal with nothing but its code.
    pub fn refused(code: Code) -> Self {
        Self::with_values(code, Vec::new())
    }

    /// A refusal whose text names `values`.
    pub fn with_values(code: Code, values: Vec<(&'static str, String)>) -> Self {
        Self::Refused(Box::new(Refusal { code, violations: Vec::new(), values, retry_after: None }))
    }

    /// A refusal to come back after `wait`.
    pub fn wait(code: Code, wait: Duration) -> Self {
        Self::Refused(Box::new(Refusal {
            code,
            violations: Vec::new(),
            values: Vec::new(),
            retry_after: Some(wait),
        }))
    }

    /// Nothing here, or nothing one may know of.
    pub fn not_found() -> Self {
        Self::refused(Code::NotFound)
    }

    /// One wrong field.
    pub fn invalid(pointer: impl Into<String>, code: Code) -> Self {
        Self::violations(vec![Violation::new(pointer, code)])
    }

    /// Wrong fields.
    pub fn violations(violations: Vec<Violation>) -> Self {
        Self::Refused(Box::new(Refusal {
            code: Code::ValidationFailed,
            violations,
            values: Vec::new(),
            retry_after: None,
        }))
    }

    /// What a failed write means to the caller: a row that is there already or that something still
    /// needs is the caller's turn, anything else stays ours.
    pub fn conflict(error: StoreError) -> Self {
        match error {
            StoreError::Duplicate => Self::refused(Code::AlreadyExists),
            StoreError::Dependent => Self::refused(Code::InUse),
            other => Self::Store(other),
        }
    }

    /// The code of a refusal, none where storage failed.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Refused(refusal) => Some(refusal.code),
            Self::Store(_) => None,
        }
    }
}
