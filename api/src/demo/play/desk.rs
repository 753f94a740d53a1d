//! The town hall's side: a letter, the page behind its link, the inbox.

use reqwest::Method;
use serde_json::json;
use simulators::smtp::Mail;

use super::{Colleague, Report, letters, report};
use crate::{
    cli::Failure,
    demo::{
        client::{Answer, Client, ensure, items, text},
        screen::Screen,
        surroundings::Surroundings,
        town,
    },
};

const OFFICE: &str = "ordnungsamt@bad-dueben.example";
const PROGRESS: &str = "Der Bauhof holt die Reifen morgen früh ab.";

/// The letter to the office. Gives the link in it.
pub async fn letter(on: &Surroundings, report: &Report, screen: &mut Screen) -> Result<String, Failure> {
    let letter = letters::to(&on.mail, OFFICE, |mail| mail.subject.contains(&report.reference)).await?;
    let link = letters::link(&letter.text, &on.base)?;
    letters::link(&letter.text, "openstreetmap.org")?;
    screen.step("e-mail", &format!("to {OFFICE}: “{}”", letter.subject));
    let photo = letter.attachments.iter().find(|part| part.content_type == "image/jpeg");
    let photo = photo.ok_or("the letter has no photo in it")?;
    screen.detail(&format!(
        "with the photo ({} KiB) and the place on a map",
        photo.content.len().div_ceil(1024)
    ));
    screen.detail("and a link for this report and this office, good for 30 days");
    Ok(link)
}

/// A mail scanner opens the link, which changes nothing; a person presses the button.
pub async fn accepts_by_link(
    nobody: &Client,
    link: &str,
    clerk: &Colleague,
    report: &Report,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let page = nobody.get(link).expect(200).await?;
    let page = String::from_utf8_lossy(&page.body);
    ensure(page.contains(&report.reference), || {
        "the page behind the link does not show the report".to_owned()
    })?;
    let version = letters::field(&page, "version")?;
    is(clerk, report, "routed").await?;
    screen.step("scanner", "a mail scanner opens the link in it: nothing changes");
    nobody.call(Method::POST, &format!("{link}/accept")).form(&[("version", &version)]).expect(200).await?;
    is(clerk, report, "accepted").await?;
    screen.step("office", "opens the page behind the link and presses “accept”");
    Ok(())
}

/// A clerk finds the report in the inbox and works on it.
pub async fn works_in_the_inbox(
    clerk: &Colleague,
    report: &Report,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let inbox = format!("{}/staff/complaints?status=accepted", town::path());
    let inbox = clerk.client.get(&inbox).expect(200).await?.json()?;
    let found = items(&inbox);
    ensure(found.iter().any(|item| text(item, "/id").is_ok_and(|id| id == report.id)), || {
        format!("the inbox does not hold the report: {inbox}")
    })?;
    screen.step("clerk", &format!("finds {} in the inbox of the Ordnungsamt", report.reference));

    let seen = clerk.client.get(&report.staff_path()).expect(200).await?;
    step(clerk, report, &seen, "in_progress", PROGRESS, 200).await?;
    screen.step("clerk", &format!("in progress: “{PROGRESS}”"));
    step(clerk, report, &seen, "resolved", report::SOLUTION, 412).await?;
    screen.step("colleague", "wants to close it from an old page and is told to look again (412)");
    Ok(())
}

/// The clerk closes it.
pub async fn resolves(clerk: &Colleague, report: &Report, screen: &mut Screen) -> Result<(), Failure> {
    let seen = clerk.client.get(&report.staff_path()).expect(200).await?;
    step(clerk, report, &seen, "resolved", report::SOLUTION, 200).await?;
    screen.step("clerk", &format!("resolved: “{}”", report::SOLUTION));
    Ok(())
}

/// The office is told what the citizen wrote after filing, with a letter after the first `before`.
pub async fn is_told(on: &Surroundings, report: &Report, before: usize) -> Result<(), Failure> {
    let before = u64::try_from(before)?;
    let wanted = format!("Neues zum Anliegen {}", report.reference);
    let is_it = |mail: &Mail| mail.number >= before && mail.subject.starts_with(&wanted);
    letters::to(&on.mail, OFFICE, is_it).await.map(drop)
}

/// A step with a public text, taken on what `seen` showed.
pub async fn step(
    by: &Colleague,
    report: &Report,
    seen: &Answer,
    to: &str,
    public_text: &str,
    expected: u16,
) -> Result<Answer, Failure> {
    let path = format!("{}/transitions", report.staff_path());
    let step = json!({ "to": to, "public_text": public_text });
    by.client.post(&path, &step).header("If-Match", seen.etag()?).expect(expected).await
}

async fn is(clerk: &Colleague, report: &Report, status: &str) -> Result<(), Failure> {
    let now = clerk.client.get(&report.staff_path()).expect(200).await?.text("/status")?;
    ensure(now == status, || format!("the report is {now}, not {status}"))
}
