//! Taking people in who agreed before there was this service.

use super::{
    choice::{Footing, Rest},
    registering::{add, said_no},
};
use crate::{
    Code, Ctx, Error, Result, Store, Tx, Violation,
    audit::{Deed, Subject, note},
    citizens::{Account, Address, Person, PersonKind, service::account_of},
    consents::{By, EARLIER, Means, entry::Circumstances},
    context::{Permission, Staff},
    deliveries::Channel,
    follows::{Channels, service::settle},
    ids::PersonId,
    municipalities::{Municipality, address_import::OnFault},
    page::PageRequest,
    phone::PhoneKind,
    text::Name,
    wards::{
        RegisteredBy, Ward, WardState,
        people_import::{Fault, Kind, Line, MOST_LINES, Report},
    },
};

/// Lines written in one go. On SQLite others write in between.
const SLICE: usize = 50;
/// To see whether there is any.
const ONE: PageRequest = PageRequest { limit: 1, after: None };

/// Takes people in with what they chose and what proves that they agreed. Nobody is told: they agreed to
/// what they get already. Whoever is there already keeps what they chose since.
///
/// # Errors
/// With [`OnFault::Refuse`], a violation for each wrong line, its pointer `/line/column`, and nothing was
/// written; [`Code::TooMany`] beyond [`MOST_LINES`].
pub async fn import(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    town: &Municipality,
    lines: Vec<std::result::Result<Line, Fault>>,
    on_fault: OnFault,
    offered: &[Channel],
) -> Result<Report> {
    ctx.require(Permission::RegisterWards)?;
    if lines.len() > MOST_LINES {
        return Err(Error::invalid("", Code::TooMany));
    }
    let importing = Import { ctx, town, offered };
    let mut report = Report::default();
    let mut good = Vec::with_capacity(lines.len());
    for line in lines {
        match line {
            Ok(line) => good.push(line),
            Err(fault) => report.faults.push(fault),
        }
    }
    // By the rules themselves: each line is taken, and all of it is taken back.
    let mut fit = Vec::with_capacity(good.len());
    for slice in good.chunks(SLICE) {
        let tx = store.begin(ctx.scope()).await?;
        for line in slice {
            match importing.take(&*tx, line).await {
                Ok(_) => fit.push(line),
                Err(error) => report.faults.push(Fault::of(line.number, error)?),
            }
        }
    }
    report.faults.sort_by_key(|fault| fault.line);
    if on_fault == OnFault::Refuse && !report.faults.is_empty() {
        return Err(Error::violations(report.faults.iter().map(violation).collect()));
    }
    // Taken in twice a line changes nothing, so that a file that came half in can be sent again.
    for slice in fit.chunks(SLICE) {
        let tx = store.begin(ctx.scope()).await?;
        let mut added = 0;
        for line in slice {
            match importing.take(&*tx, line).await {
                Ok(true) => added += 1,
                Ok(false) => report.unchanged += 1,
                Err(error) => {
                    let fault = Fault::of(line.number, error)?;
                    return Err(Error::violations(vec![violation(&fault)]));
                }
            }
        }
        note(&*tx, ctx, Deed::Imported, Subject::People).await?;
        tx.commit().await?;
        report.added += added;
    }
    Ok(report)
}

fn violation(fault: &Fault) -> Violation {
    Violation::new(format!("/{}/{}", fault.line, fault.column), fault.code)
}

struct Import<'a> {
    ctx: &'a Ctx<Staff>,
    town: &'a Municipality,
    offered: &'a [Channel],
}

impl Import<'_> {
    /// Takes one line; false where they are there already.
    async fn take(&self, tx: &dyn Tx, line: &Line) -> Result<bool> {
        let today = self.town.calendar().date(self.ctx.now);
        if line.agreed_on > today {
            return Err(Error::invalid("/agreed_on", Code::OutOfRange));
        }
        if line.valid_until.is_some_and(|until| until < today) {
            return Err(Error::invalid("/valid_until", Code::OutOfRange));
        }
        match line.kind {
            Kind::Ward => self.ward(tx, line).await,
            Kind::Resident => self.resident(tx, line).await,
        }
    }

    async fn ward(&self, tx: &dyn Tx, line: &Line) -> Result<bool> {
        for way in line.choice.contacts.ways() {
            let Some(point) = tx.contact_point(way.channel, way.address).await? else { continue };
            for (person, _) in tx.reached_by(point).await? {
                let Some(ward) = tx.ward(person).await? else { continue };
                if ward.name != line.name {
                    continue;
                }
                if ward.state.is_open() {
                    return Ok(false);
                }
                if said_no(&ward, self.ctx.now) {
                    return Err(Error::invalid("/name", Code::WardRefused));
                }
            }
        }
        let ward = Ward {
            person: self.ctx.id(),
            municipality: self.town.id,
            name: line.name.clone(),
            state: WardState::Active,
            registered_by: RegisteredBy::Staff(self.ctx.actor.staff),
            means: Means::Import,
            registered_at: self.ctx.now,
            text_version: EARLIER,
            document: Some(line.document.clone()),
            valid_until: line.valid_until,
            settled_at: Some(self.ctx.now),
            version: 1,
        };
        let follow = add(tx, self.ctx, self.town, (&ward, line.choice.clone()), self.offered).await?;
        settle(tx, &follow, &Channels::default(), &self.circumstances(line)).await?;
        Ok(true)
    }

    async fn resident(&self, tx: &dyn Tx, line: &Line) -> Result<bool> {
        let contacts = &line.choice.contacts;
        let mobile = contacts.phone.clone().filter(|phone| phone.kind() == PhoneKind::Mobile);
        let address = contacts.email.clone().map(Address::Email).or(mobile.map(Address::Phone));
        let address = address.ok_or_else(|| Error::invalid("/email", Code::Required))?;
        let person = match account_of(tx, &address).await? {
            Some(account) if account.disabled_at.is_some() => return Ok(false),
            Some(Account { person: Some(person), .. }) => person,
            Some(account) => {
                let person = self.citizen(tx, line).await?;
                tx.update_account(&Account { person: Some(person), ..account }).await?;
                person
            }
            None => {
                let person = self.citizen(tx, line).await?;
                let name = Some(Name::clone(&line.name));
                let account = Account::of(self.ctx.id(), address, Some(person), self.ctx.now);
                tx.insert_account(&Account { name, ..account }).await?;
                person
            }
        };
        let who = (person, self.town);
        tx.hold_follow(self.ctx.now, person, self.town.id).await?;
        let follows =
            tx.follow_of(person, self.town.id).await?.is_some_and(|follow| follow.chosen_at.is_some());
        // Whoever agreed here once and follows no more has left: an older paper does not bring them back.
        if follows || !tx.consents(person, &ONE).await?.items.is_empty() {
            return Ok(false);
        }
        let (now, choice) = (self.ctx.now, line.choice.clone());
        let footing = Footing { chosen_at: Some(now), agreed: true, rest: Rest::Kept };
        let follow = choice.apply(tx, now, who, footing, self.offered).await?;
        settle(tx, &follow, &Channels::default(), &self.circumstances(line)).await?;
        Ok(true)
    }

    async fn citizen(&self, tx: &dyn Tx, line: &Line) -> Result<PersonId> {
        let person = Person {
            id: self.ctx.id(),
            kind: PersonKind::Citizen,
            locale: line.choice.language(self.town),
            version: 1,
            created_at: self.ctx.now,
        };
        tx.insert_person(&person).await?;
        Ok(person.id)
    }

    fn circumstances(&self, line: &Line) -> Circumstances {
        Circumstances {
            at: self.ctx.now,
            means: Means::Import,
            text_version: EARLIER,
            proof: Some(format!("{} ({})", line.document.as_str(), line.agreed_on)),
            by: By::Staff(self.ctx.actor.staff),
        }
    }
}
