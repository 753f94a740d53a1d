//! A town hall with two desks, a clerk at one of them, and complaints.

use chrono::{DateTime, Utc};
use domain::{
    Scope, Store,
    categories::Category,
    citizens::{Account, Session, SessionKind},
    complaints::{Complaint, Place, Reference, Status, photo::ContentHash},
    context::DeskLink,
    geo::Point,
    ids::{ComplaintId, DepartmentId, StaffId},
    municipalities::{Department, Municipality},
    staff::{Member, Role},
    text::{Description, EmailAddress, Name},
};
use infrastructure::secrets::desk_token;
use uuid::Uuid;

use crate::support::{Engine, Fixture, installation::Installation};

pub struct Town {
    pub rathaus: Installation,
    pub town: Municipality,
    pub category: Category,
    /// The default department.
    pub front: Department,
    pub works: Department,
}

impl Fixture for Town {
    async fn on(engine: Engine) -> Self {
        let rathaus = Installation::on(engine).await;
        let town = rathaus.found("bad-dueben", "Bad Düben").await;
        let category = rathaus.add_category(&town, "illegal-waste", 1).await;
        let works = Department {
            id: rathaus.clock.uuid().into(),
            name: Name::parse("Bauhof").unwrap(),
            email: Some(EmailAddress::parse("bauhof@example.org").unwrap()),
            lead_email: Some(EmailAddress::parse("leitung@example.org").unwrap()),
            is_default: false,
            version: 1,
        };
        let tx = rathaus.store().begin(Scope::Municipality(town.id)).await.unwrap();
        tx.insert_department(rathaus.clock.now(), &works).await.unwrap();
        let front = tx.default_department().await.unwrap();
        tx.commit().await.unwrap();
        Self { rathaus, town, category, front, works }
    }
}

impl Town {
    pub fn scope(&self) -> Scope {
        Scope::Municipality(self.town.id)
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.rathaus.clock.now()
    }

    /// A member of staff with a token.
    pub async fn staff(&self, role: Role, departments: &[&Department]) -> (StaffId, String) {
        let (clock, store) = (&self.rathaus.clock, self.rathaus.store());
        let email = EmailAddress::parse(&format!("{}@example.org", Uuid::new_v4())).unwrap();
        let account = Account::new(clock.uuid().into(), email.clone(), None, self.now());
        let member = Member {
            id: clock.uuid().into(),
            account: account.id,
            name: Name::parse("Kim Muster").unwrap(),
            email,
            role,
            departments: departments.iter().map(|department| department.id).collect(),
            categories: Vec::new(),
            active: true,
            last_used_at: None,
            version: 1,
        };
        let ctx = clock.ctx(Default::default(), Uuid::nil(), ());
        let life = chrono::TimeDelta::days(1);
        let session = Session::begin(&ctx, SessionKind::Staff, None, Some(account.id), life);
        let tx = store.begin(Scope::Installation).await.unwrap();
        tx.insert_account(&account).await.unwrap();
        tx.insert_session(&session).await.unwrap();
        tx.commit().await.unwrap();
        let tx = store.begin(self.scope()).await.unwrap();
        tx.insert_member(self.now(), &member).await.unwrap();
        tx.commit().await.unwrap();
        let token = self.rathaus.server.parts().gate.issue(&ctx, &session).await.unwrap();
        (member.id, token)
    }

    /// A complaint on a desk, just routed.
    pub async fn complaint(&self, number: u32, department: &Department) -> Complaint {
        let now = self.now();
        let calendar = domain::time::TownCalendar { state: self.town.state, zone: self.town.time_zone };
        let complaint = Complaint {
            id: self.rathaus.clock.uuid().into(),
            reference: Reference::new("BD", 2026, number).unwrap(),
            status: Status::Routed,
            category: self.category.id,
            department: department.id,
            assignee: None,
            priority: Default::default(),
            description: Description::parse("Alte Reifen <b>am Waldrand</b>").unwrap(),
            place: Place { point: Some(Point { lat: 51.59, lon: 12.58 }), address: None },
            anonymous: true,
            reporter: None,
            return_key_hash: None,
            confirm_email: None,
            content: ContentHash([7; 32]),
            original: None,
            title: None,
            place_released: false,
            due: Some(self.category.promise.due(now, calendar)),
            first_answered_at: None,
            reminded_for: None,
            overdue_told_for: None,
            settled_at: None,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let tx = self.rathaus.store().begin(self.scope()).await.unwrap();
        tx.insert_complaint(&complaint).await.unwrap();
        tx.commit().await.unwrap();
        complaint
    }

    pub async fn stored(&self, id: ComplaintId) -> Complaint {
        let reads = self.rathaus.store().read(self.scope()).await.unwrap();
        reads.complaint(id).await.unwrap().unwrap()
    }

    pub async fn steps(&self, id: ComplaintId) -> Vec<domain::complaints::Step> {
        let reads = self.rathaus.store().read(self.scope()).await.unwrap();
        reads.steps(id).await.unwrap()
    }

    /// The address of the page behind the link a department got.
    pub fn link(&self, complaint: ComplaintId, department: DepartmentId) -> String {
        let link = DeskLink { municipality: self.town.id, complaint, department };
        let secrets = &self.rathaus.server.parts().secrets;
        format!("/desk/{}", desk_token(link, secrets, self.now()).unwrap())
    }
}
