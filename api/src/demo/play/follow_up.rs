//! After the report: the neighbour who wanted to report the same, and the citizen who follows up.

use serde_json::{Value, json};

use super::{Citizen, Guest, Report, desk, report};
use crate::{
    cli::Failure,
    demo::{
        client::{Client, ensure, items, number, text},
        screen::Screen,
        surroundings::Surroundings,
        town,
    },
};

const REMARK: &str = "Seit heute liegt auch ein Kanister dabei.";
const OBJECTION: &str = "Der Kanister liegt noch dort.";

/// Somebody else is about to report the same, and supports what is there instead.
pub async fn neighbour_supports(guest: &Guest, report: &Report, screen: &mut Screen) -> Result<(), Failure> {
    let known = report::known_nearby(&guest.client).await?;
    let same = known.iter().find(|known| text(known, "/id").is_ok_and(|id| id == report.id));
    let same = same.ok_or_else(|| format!("the report is not among those nearby: {known:?}"))?;
    let metres = number(same, "/distance_m")?;
    let path = format!("{}/support", report.path());
    guest.client.post(&path, &json!({})).expect(200).await?;
    let supporters = number(&guest.client.post(&path, &json!({})).expect(200).await?.json()?, "/supporters")?;
    ensure(supporters == 1, || format!("one person counts as {supporters}"))?;
    screen
        .step("guest", &format!("is about to report the same and is shown one {metres} m away: supports it"));
    Ok(())
}

/// Everybody may know that there is a report, and nothing of what was written.
pub async fn public_list(nobody: &Client, report: &Report, screen: &mut Screen) -> Result<(), Failure> {
    let list = nobody.get(&format!("{}/complaints", town::path())).expect(200).await?.json()?;
    let shown = items(&list).iter().any(|item| text(item, "/id").is_ok_and(|id| id == report.id));
    ensure(shown, || format!("the public list lacks the report: {list}"))?;
    let all = format!("{list}{}", nobody.get(&report.path()).expect(200).await?.json()?);
    for word in &report.private_words {
        ensure(!all.contains(word), || format!("the public may read “{word}”"))?;
    }
    screen.step("public", "sees kind, state and the place within about 100 m, and no word of the citizen");
    Ok(())
}

/// The citizen reads how it stands and adds something.
pub async fn comments(
    on: &Surroundings,
    citizen: &Citizen,
    report: &Report,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let mine = citizen.client.get("/v1/me/complaints").expect(200).await?.json()?;
    let first = items(&mine).first().map(|item| text(item, "/reference")).transpose()?;
    ensure(first.as_ref() == Some(&report.reference), || format!("her list is {mine}"))?;
    let own = citizen.client.get(&report.path()).expect(200).await?.json()?;
    let steps = own.pointer("/steps").and_then(Value::as_array).map_or(0, Vec::len);
    ensure(steps > 0, || format!("her report has no history: {own}"))?;
    screen.step("citizen", &format!("reads her report: {steps} steps so far, {}", text(&own, "/status")?));

    let path = format!("{}/comments", report.path());
    let letters = on.mail.mails().len();
    citizen.client.post(&path, &json!({ "text": REMARK })).expect(201).await?;
    desk::is_told(on, report, letters).await?;
    screen.step("citizen", &format!("adds “{REMARK}”; the office gets an e-mail"));
    Ok(())
}

/// It is not done: the citizen may say so within 28 days.
pub async fn objects(
    on: &Surroundings,
    citizen: &Citizen,
    report: &Report,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let letters = on.mail.mails().len();
    let path = format!("{}/objections", report.path());
    let standing = citizen.client.post(&path, &json!({ "text": OBJECTION })).expect(201).await?;
    let status = standing.text("/status")?;
    ensure(status == "reopened", || format!("after the objection it is {status}"))?;
    desk::is_told(on, report, letters).await?;
    screen.step("citizen", &format!("objects, as one may for 28 days: “{OBJECTION}”"));
    screen.detail("it is open again, and the office gets an e-mail");
    Ok(())
}
