//! The table: one line for each operation.

use domain::{
    integrations::KeyScope,
    staff::Role::{self, *},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::door::{
    Door::{self, *},
    Outcome,
};

/// Whoever runs the town hall's side.
const ADMIN: &[Role] = &[Admin];
/// Those who read complaints.
const READ: &[Role] = &[Admin, Lead, Clerk, Auditor];
/// Everybody on the staff.
const ALL: &[Role] = &[Admin, Editor, Lead, Clerk, Auditor];
/// Those who see rules.
const RULES: &[Role] = &[Admin, Lead, Auditor];
/// Those who see their colleagues.
const COLLEAGUES: &[Role] = &[Admin, Lead, Clerk, Auditor];
/// Those who see settings.
const SETTINGS: &[Role] = &[Admin, Auditor];
/// Those who work on them.
const WORK: &[Role] = &[Admin, Lead, Clerk];
/// Those who register people without a smartphone.
const REGISTER: &[Role] = &[Admin, Lead, Clerk];
/// Those who write content.
const WRITE: &[Role] = &[Admin, Editor, Lead, Clerk];
/// Those who publish it.
const PUBLISH: &[Role] = &[Admin, Editor];
/// Those who see broadcasts.
const CASTS: &[Role] = &[Admin, Editor, Lead, Auditor];
/// Those who write them.
const WRITE_CASTS: &[Role] = &[Admin, Editor];
/// Those who approve them.
const APPROVE: &[Role] = &[Admin, Editor, Lead];
/// Those who make photos public.
const RELEASE: &[Role] = &[Admin, Lead];

/// How an operation is asked for, and whom it opens to.
pub struct Row {
    pub operation: &'static str,
    pub door: Door,
    pub body: Option<Body>,
    /// What a program's key must be for.
    pub key: Option<KeyScope>,
    /// Objects that stand in for those the path's parameters name.
    pub stand_ins: Vec<(&'static str, &'static str)>,
    /// Whether any name in the path is as good as another.
    pub is_anyones: bool,
    /// Whether it ends the caller's session.
    pub ends_sessions: bool,
    /// A status of who is let in, besides the usual ones.
    other: Option<u16>,
}

/// What is sent.
pub enum Body {
    Json(Value),
    Photo,
    Pdf,
    Lines(&'static str),
}

fn row(operation: &'static str, door: Door) -> Row {
    Row {
        operation,
        door,
        body: None,
        key: None,
        stand_ins: Vec::new(),
        is_anyones: false,
        ends_sessions: false,
        other: None,
    }
}

impl Row {
    fn json(self, body: Value) -> Self {
        Self { body: Some(Body::Json(body)), ..self }
    }

    fn key(self, scope: KeyScope) -> Self {
        Self { key: Some(scope), ..self }
    }

    fn photo(self) -> Self {
        Self { body: Some(Body::Photo), ..self }
    }

    fn pdf(self) -> Self {
        Self { body: Some(Body::Pdf), ..self }
    }

    fn lines(self, lines: &'static str) -> Self {
        Self { body: Some(Body::Lines(lines)), ..self }
    }

    fn at(mut self, parameter: &'static str, object: &'static str) -> Self {
        self.stand_ins.push((parameter, object));
        self
    }

    /// The path may name anything: what is not there is made, or its absence is no secret.
    fn anyones(self) -> Self {
        Self { is_anyones: true, ..self }
    }

    fn ends_sessions(self) -> Self {
        Self { ends_sessions: true, ..self }
    }

    fn or(self, status: u16) -> Self {
        Self { other: Some(status), ..self }
    }

    /// Whether this is an answer to somebody who was let in.
    pub fn is_let_in(&self, status: StatusCode) -> bool {
        status.is_success() || [Some(409), Some(412), self.other].contains(&Some(status.as_u16()))
    }

    /// What a status says; nothing where the row asks for something impossible.
    pub fn outcome(&self, status: StatusCode) -> Option<Outcome> {
        match (self.is_let_in(status), status.as_u16()) {
            // What the body says is wrong, and the status says so to everybody.
            (true, _) if matches!(self.door, Credentials) => Some(Outcome::Unauthenticated),
            (true, _) => Some(Outcome::In),
            (false, 401) => Some(Outcome::Unauthenticated),
            (false, 403) => Some(Outcome::Forbidden),
            (false, 404) => Some(Outcome::Missing),
            _ => None,
        }
    }
}

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    let ring = json!([[12.5, 51.5], [12.7, 51.5], [12.7, 51.7], [12.5, 51.7], [12.5, 51.5]]);
    let square = json!({"type": "Polygon", "coordinates": [ring]});
    vec![
        row("getLiveness", Anyone),
        row("getReadiness", Anyone),
        row("getJwks", Anyone),

        row("requestCode", Anyone).json(json!({"email": "n{n}@example.org"})),
        row("createGuestSession", Anyone).json(json!({})),
        row("createSession", Credentials).json(json!({"email": "n{n}@example.org", "code": "000000"})).or(401),
        row("refreshSession", Credentials).json(json!({"refresh_token": "nobodys"})).or(401),
        row("createStaffSession", Credentials).json(json!({"email": "n{n}@example.org", "password": "guessed"})).or(401),
        row("acceptStaffInvitation", Credentials).json(json!({"email": "n{n}@example.org", "code": "aaaa-bbbb-cccc-dddd", "password": "a long enough password"})).or(422),

        row("getSecondFactor", Employee),
        row("createSecondFactor", Employee).json(json!({"password": "guessed"})).or(422),
        row("confirmSecondFactor", Employee).json(json!({"totp": "000000"})).or(422),
        row("removeSecondFactor", Employee).json(json!({"password": "guessed", "totp": "000000"})).or(422),

        row("requestPasswordReset", Anyone).json(json!({"email": "n{n}@example.org"})),
        row("replaceStaffPassword", Credentials).json(json!({"email": "n{n}@example.org", "code": "aaaa-bbbb-cccc-dddd", "password": "a long enough password"})).or(422),

        row("getMe", Person),
        row("updateMe", Person).json(json!({"name": "Erika"})),
        row("createPasswordSession", Credentials).json(json!({"email": "n{n}@example.org", "password": "guessed"})).or(401),
        row("requestAddressChange", Citizen).json(json!({"email": "a{n}@example.org"})),
        row("confirmAddressChange", Citizen).json(json!({"email": "a{n}@example.org", "code": "000000"})).or(422),
        row("listMyComplaints", Person),
        row("exportMe", Person),
        row("putDevice", Person).json(json!({"platform": "android", "token": "token-{n}"})).at("device_id", "new_device").anyones(),
        row("listDevices", Person),
        row("testDevice", Owner),
        row("deleteDevice", Owner),

        row("putFollow", Person).json(json!({"role": "guest", "channels": {"crisis": ["push"]}})),
        row("listFollows", Person),
        row("getFollow", Person),
        row("listConsents", Person),
        row("putWasteReminders", Person).json(json!({"reminders": []})),
        row("getWasteReminders", Person),
        row("deleteWasteReminders", Person),

        row("listMyMessages", Person),
        row("getMyMessage", Owner).at("message", "told"),
        row("readMessage", Owner).at("message", "told"),
        row("acknowledgeMessage", Owner).at("message", "told"),
        row("getMessagePoll", Owner).at("message", "told"),
        row("putMessageVote", Owner).at("message", "told").json(json!({"option": 0})),
        row("listBroadcastTemplates", Staff(CASTS)),
        row("createBroadcastTemplate", Staff(WRITE_CASTS)).json(json!({"name": "Sperrung {n}", "severity": "important", "sender": "Bauamt", "texts": {"de": {"title": "Sperrung", "body": "Gesperrt."}}})),
        row("getBroadcastTemplate", Staff(CASTS)),
        row("getBroadcastTemplateVersion", Staff(CASTS)),
        row("patchBroadcastTemplate", Staff(WRITE_CASTS)).json(json!({"sender": "Ordnungsamt"})),
        row("deleteBroadcastTemplate", Staff(WRITE_CASTS)),
        row("listSegments", Staff(CASTS)),
        row("createSegment", Staff(WRITE_CASTS)).json(json!({"name": "Ufer {n}", "audience": {"everyone": true}})),
        row("getSegment", Staff(CASTS)),
        row("patchSegment", Staff(WRITE_CASTS)).json(json!({"audience": {"role": "guest"}})),
        row("deleteSegment", Staff(WRITE_CASTS)),
        row("listBroadcasts", Staff(CASTS)),
        row("createBroadcast", Staff(WRITE_CASTS)).json(json!({"severity": "information", "sender": "Ordnungsamt", "texts": {"de": {"title": "Probe {n}", "body": "Nur eine Probe."}}, "audience": {"everyone": true}, "expires_at": "{tomorrow}"})),
        row("getBroadcast", Staff(CASTS)),
        row("patchBroadcast", Staff(WRITE_CASTS)).json(json!({"drill": true})),
        row("previewBroadcast", Staff(CASTS)),
        row("testBroadcast", Staff(APPROVE)).json(json!({})),
        row("submitBroadcast", Staff(WRITE_CASTS)),
        row("approveBroadcast", Staff(APPROVE)).json(json!({})),
        row("cancelBroadcast", Staff(APPROVE)),
        row("getBroadcastReport", Staff(CASTS)),
        row("listBroadcastDeliveries", Staff(CASTS)),
        row("putBroadcastAcknowledgement", Staff(APPROVE)),
        row("sendBroadcastAgain", Staff(APPROVE)).json(json!({})),

        row("listSessions", Person),
        row("listWards", Person),
        row("createWard", Citizen).json(json!({"municipality": "bad-dueben", "name": "Oma Erna", "email": "w{n}@example.org"})),
        row("getWard", Representative),
        row("putWardWasteReminders", Representative).json(json!({"reminders": []})),
        row("getWardWasteReminders", Representative),
        row("deleteWardWasteReminders", Representative),
        row("putWard", Representative).json(json!({"email": "erna@bad-dueben.example"})),
        row("inviteProxy", Representative).json(json!({})),
        row("acceptProxyInvitation", Citizen).json(json!({"code": "aaaa-bbbb-cccc-dddd"})).or(422),
        row("importPeople", Staff(REGISTER)).lines("art;name;e-mail;nachweis;zugestimmt_am\nvertreten;Erna Muster;erna@example.org;A-17;03.05.2024\n"),
        row("listStaffWards", Staff(REGISTER)),
        row("createStaffWard", Staff(REGISTER)).json(json!({"name": "Erna Muster", "email": "w{n}@example.org", "means": "phone"})),
        row("getStaffWard", Staff(REGISTER)),
        row("putStaffWardWasteReminders", Staff(REGISTER)).json(json!({"reminders": []})),
        row("getStaffWardWasteReminders", Staff(REGISTER)),
        row("deleteStaffWardWasteReminders", Staff(REGISTER)),
        row("getWardLetter", Staff(REGISTER)),
        row("putStaffWard", Staff(REGISTER)).json(json!({"name": "Erna Muster", "email": "w{n}@example.org", "means": "phone"})),
        row("inviteProxyByStaff", Staff(REGISTER)).json(json!({})),
        row("deleteStaffWard", Staff(REGISTER)),

        row("getApp", Anyone),
        row("listMunicipalities", Anyone),
        row("getMunicipality", Anyone),
        row("getLegal", Anyone),
        row("listCategories", Anyone),
        row("listAreas", Anyone),
        row("listStreets", Anyone),
        row("listHouseNumbers", Anyone),
        row("listTopics", Anyone),
        row("listWasteTypes", Anyone),
        row("listWasteStreets", Anyone),
        row("listCollections", Anyone),
        row("getCollectionCalendar", Anyone),
        row("getConsentText", Anyone),

        row("listPublicComplaints", Anyone),
        row("listNearbyComplaints", Anyone),
        row("createComplaint", Public).json(json!({"category": "illegal-waste", "description": "Reifen {n}", "location": {"lat": 51.59, "lon": 12.58}, "anonymous": true})),
        row("uploadPhoto", Public).photo(),
        row("getComplaint", Viewer(&[])),
        row("getPhoto", Viewer(READ)).key(KeyScope::ReadComplaints),
        row("addComplaintComment", Reporter).json(json!({"text": "Es sind {n}."})),
        row("confirmComplaint", Reporter).json(json!({"code": "000000"})),
        row("requestConfirmationCode", Reporter),
        row("objectToComplaint", Reporter).json(json!({"text": "Nein, {n}."})),
        row("supportComplaint", Person).at("complaint", "public_complaint"),

        row("listStaffComplaints", Staff(READ)).key(KeyScope::ReadComplaints),
        row("getStaffComplaint", Department(READ)).key(KeyScope::ReadComplaints),
        row("listStaffComplaintHistory", Department(READ)).key(KeyScope::ReadComplaints),
        row("getStaffComplaintRouting", Department(READ)).key(KeyScope::ReadComplaints),
        row("patchStaffComplaint", Department(WORK)).json(json!({"priority": "high"})),
        row("createStaffComment", Department(WORK)).json(json!({"internal_text": "Anhänger {n}"})),
        row("transitionStaffComplaint", Department(WORK)).json(json!({"to": "accepted"})),
        row("releaseComplaintPhoto", Department(RELEASE)),
        row("withdrawComplaintPhoto", Department(RELEASE)),

        row("listDepartments", Staff(ALL)).key(KeyScope::ReadRegister),
        row("getDepartment", Staff(ALL)).key(KeyScope::ReadRegister),
        row("createDepartment", Staff(ADMIN)).json(json!({"name": "Forst {n}"})),
        row("patchDepartment", Staff(ADMIN)).json(json!({"name": "Forst"})),
        row("deleteDepartment", Staff(ADMIN)),
        row("listRegisteredCategories", Staff(ALL)).key(KeyScope::ReadRegister),
        row("getRegisteredCategory", Staff(ALL)).key(KeyScope::ReadRegister),
        row("createCategory", Staff(ADMIN)).json(json!({"code": "noise-{n}", "names": {"de": "Lärm"}, "duplicate_radius_m": 50, "promise": {"first_answer_days": 2, "solution_days": 10}})),
        row("patchCategory", Staff(ADMIN)).json(json!({"active": false})),
        row("deleteCategory", Staff(ADMIN)),
        row("listRegisteredAreas", Staff(ALL)).key(KeyScope::ReadRegister),
        row("getRegisteredArea", Staff(ALL)).key(KeyScope::ReadRegister),
        row("createArea", Staff(ADMIN)).json(json!({"code": "area-{n}", "name": "Schnaditz", "kind": "district", "geometry": square})),
        row("patchArea", Staff(ADMIN)).json(json!({"name": "Wellaune"})),
        row("deleteArea", Staff(ADMIN)),
        row("listAddresses", Staff(ALL)).key(KeyScope::ReadRegister),
        row("getAddress", Staff(ALL)).key(KeyScope::ReadRegister),
        row("listRegisteredTopics", Staff(ALL)).key(KeyScope::ReadRegister),
        row("getRegisteredTopic", Staff(ALL)).key(KeyScope::ReadRegister),
        row("createTopic", Staff(ADMIN)).json(json!({"code": "topic-{n}", "names": {"de": "Kita"}})),
        row("patchTopic", Staff(ADMIN)).json(json!({"active": false})),
        row("deleteTopic", Staff(ADMIN)),
        row("createAddress", Staff(ADMIN)).json(json!({"street": "Am Lauch", "house_number": "{n}"})),
        row("patchAddress", Staff(ADMIN)).json(json!({"postal_code": "04849"})),
        row("deleteAddress", Staff(ADMIN)),
        row("importAddresses", Staff(ADMIN)).lines("strasse;hausnummer\nLeipziger Straße;12a\n"),
        row("listRegisteredWasteTypes", Staff(ALL)).key(KeyScope::ReadRegister),
        row("getRegisteredWasteType", Staff(ALL)).key(KeyScope::ReadRegister),
        row("createWasteType", Staff(ADMIN)).json(json!({"code": "waste-{n}", "names": {"de": "Glas"}})),
        row("patchWasteType", Staff(ADMIN)).json(json!({"position": 3})),
        row("deleteWasteType", Staff(ADMIN)),
        row("listWasteCalendars", Staff(ALL)).key(KeyScope::ReadRegister),
        row("getWasteCalendar", Staff(ALL)).key(KeyScope::ReadRegister),
        row("listRegisteredCollections", Staff(ALL)).key(KeyScope::ReadRegister),
        row("createWasteCalendar", Staff(ADMIN)).json(json!({"name": "Tour {n}"})),
        row("patchWasteCalendar", Staff(ADMIN)).json(json!({"whole_town": true})),
        row("changeCollections", Staff(ADMIN)).json(json!({"from": "2027-01-06", "reason": "weather"})).or(422),
        row("importWasteCalendar", Staff(ADMIN)).lines("Abfallart;Datum\nBio;05.01.2027\n").or(422),
        row("refreshWasteCalendar", Staff(ADMIN)).or(422),
        row("deleteWasteCalendar", Staff(ADMIN)),
        row("listRoutingRules", Staff(RULES)),
        row("getRoutingRule", Staff(RULES)),
        row("createRoutingRule", Staff(ADMIN)).json(json!({"name": "Reifen {n}", "condition": {"words": ["reifen"]}, "actions": {"department": "{department}"}})),
        row("patchRoutingRule", Staff(ADMIN)).json(json!({"name": "Räder"})),
        row("deleteRoutingRule", Staff(ADMIN)),
        row("listStaff", Staff(COLLEAGUES)),
        row("getMember", Staff(COLLEAGUES)),
        row("createMember", Staff(ADMIN)).json(json!({"name": "Cleo", "email": "n{n}@example.org", "role": "clerk"})),
        row("patchMember", Staff(ADMIN)).json(json!({"active": false})),
        row("deleteMember", Staff(ADMIN)),
        row("inviteMember", Staff(ADMIN)),
        row("getSettings", Staff(SETTINGS)),
        row("patchSettings", Staff(ADMIN)).json(json!({"website": "https://example.org/"})),
        row("getRetention", Staff(SETTINGS)),
        row("putRetention", Staff(ADMIN)).json(json!({"message_days": 90, "delivery_days": 90, "complaint_days": 365})),
        row("getLegalFacts", Staff(SETTINGS)),
        row("putLegalFacts", Staff(ADMIN)).json(json!({"feedback_email": "n{n}@example.org"})),
        row("listTesters", Staff(ADMIN)),
        row("createTester", Staff(ADMIN)).json(json!({"email": "n{n}@example.org"})),
        row("deleteTester", Staff(ADMIN)),
        row("exportPerson", Staff(ADMIN)),
        row("listApiKeys", Staff(ADMIN)),
        row("getApiKey", Staff(ADMIN)),
        row("createApiKey", Staff(ADMIN)).json(json!({"name": "Karte {n}", "scopes": ["complaints.read"]})),
        row("revokeApiKey", Staff(ADMIN)),
        row("getBoundary", Staff(SETTINGS)),
        row("putBoundary", Staff(ADMIN)).json(square),
        row("deleteBoundary", Staff(ADMIN)),

        row("listNews", Anyone),
        row("listPlaces", Anyone),
        row("listTours", Anyone),
        row("listContacts", Anyone),
        row("listEvents", Anyone),
        row("listGazettes", Anyone),
        row("searchContent", Anyone),
        row("getContent", Anyone),
        row("listContentChanges", Anyone),
        row("getPicture", Anyone),
        row("getDocument", Anyone).at("content_file", "document"),
        row("getEventCalendar", Anyone),
        row("getEventCalendarEntry", Anyone).at("content", "event"),
        row("getContactCard", Anyone).at("content", "contact"),
        row("getNewsRss", Anyone),
        row("getNewsAtom", Anyone),
        row("getNewsJsonFeed", Anyone),
        row("getPlaceMap", Anyone),
        row("getTourMap", Anyone),
        row("listStaffContent", Staff(ALL)),
        row("getStaffContent", Staff(ALL)),
        row("uploadPicture", Staff(WRITE)).photo(),
        row("uploadDocument", Staff(WRITE)).pdf(),
        row("createContent", Staff(WRITE)).json(json!({"kind": "news", "texts": [{"language": "de", "title": "Neues {n}"}]})),
        row("putContent", Staff(WRITE)).json(json!({"kind": "news", "texts": [{"language": "de", "title": "Neues {n}"}]})).at("content", "draft"),
        row("transitionContent", Staff(WRITE)).json(json!({"to": "review"})).at("content", "draft"),
        row("deleteContent", Staff(WRITE)).at("content", "draft"),
        row("listContentSources", Staff(ALL)),
        row("getContentSource", Staff(ALL)),
        row("createContentSource", Staff(PUBLISH)).json(json!({"name": "Website {n}", "format": "feed"})),
        row("putContentSource", Staff(PUBLISH)).json(json!({"name": "Website {n}", "format": "calendar"})),
        row("importContent", Staff(PUBLISH)).lines("x").or(415),
        row("refreshContentSource", Staff(PUBLISH)).or(422),
        row("deleteContentSource", Staff(PUBLISH)),

        row("deleteFollow", Person),
        row("deleteWard", Representative),
        row("erasePerson", Staff(ADMIN)).at("person", "ward"),
        row("deleteSession", Owner).at("session", "old_session"),
        row("putPassword", Citizen).json(json!({"password": "a long enough password"})),
        row("deletePassword", Citizen),
        row("withdrawComplaint", Reporter),
        row("endSession", Session).ends_sessions(),
        row("deleteMe", Person).ends_sessions(),
    ]
}
