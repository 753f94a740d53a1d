//! The page behind a department's link.

use domain::{complaints::Status, context::DeskLink};
use infrastructure::secrets::{Secrets, desk_token};
use reqwest::Method;

use super::{accessible::assert_accessible, town::Town};
use crate::support::{
    http::{Answer, Call},
    on_both,
};

on_both!(
    reading_changes_nothing_and_shows_what_is_needed,
    a_desk_accepts_and_resolves,
    not_ours_goes_to_the_default_desk,
    links_end,
);

impl Town {
    async fn press(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        Call(self.rathaus.request(Method::POST, path).form(fields)).send().await
    }
}

async fn reading_changes_nothing_and_shows_what_is_needed(town: Town) {
    let complaint = town.complaint(1, &town.works).await;
    let link = town.link(complaint.id, town.works.id);
    let page = town.rathaus.get(&link).send().await;
    assert_eq!(page.status, 200, "{}", page.body);
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex, nofollow"),
        ("content-language", "de"),
    ] {
        assert_eq!(page.headers[name], value);
    }
    assert!(page.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    for text in
        ["lang=\"de\"", "BD-2026-000001", "illegal-waste auf Deutsch", "mlat=51.59", "Annehmen", "Bürgerbüro"]
    {
        assert!(page.body.contains(text), "{text} in {}", page.body);
    }
    assert!(!page.body.contains("<b>") && !page.body.contains("<script"), "{}", page.body);
    let english = town.rathaus.get(&link).header("accept-language", "en").send().await;
    assert!(english.body.contains("lang=\"en\"") && english.body.contains("This is not ours"));
    assert_accessible(&page.body, "de");
    assert_accessible(&english.body, "en");
    assert_eq!(
        town.rathaus.get("/desk/style.css").send().await.headers["content-type"],
        "text/css; charset=utf-8"
    );
    for method in [Method::HEAD, Method::GET] {
        for path in
            [link.clone(), format!("{link}/accept"), format!("{link}/resolve"), format!("{link}/not-ours")]
        {
            let seen = Call(town.rathaus.request(method.clone(), &path)).send().await;
            assert_eq!(seen.status, 200, "{method} {path}: {}", seen.body);
        }
    }
    assert_eq!(town.stored(complaint.id).await, complaint);
    assert!(town.steps(complaint.id).await.is_empty());
}

async fn a_desk_accepts_and_resolves(town: Town) {
    let id = town.complaint(1, &town.works).await.id;
    let link = town.link(id, town.works.id);
    let page = town.press(&format!("{link}/accept"), &[("version", "1")]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(town.stored(id).await.status, Status::Accepted);
    let again = town.press(&format!("{link}/accept"), &[("version", "1")]).await;
    assert_eq!(again.status, 409);
    assert!(again.body.contains("Hier hat sich etwas geändert"), "{}", again.body);
    let silent = town.press(&format!("{link}/resolve"), &[("version", "2"), ("public_text", "  ")]).await;
    assert_eq!(silent.status, 422);
    assert_accessible(&silent.body, "de");
    // Said on top and at the field, which names it for those who do not see.
    for tied in [
        "<title>Fehler: ",
        "role=\"alert\"",
        "href=\"#public_text\"",
        "aria-describedby=\"public_text_help public_text_wrong\" aria-invalid=\"true\"",
        "id=\"public_text_wrong\"",
    ] {
        assert!(silent.body.contains(tied), "{tied} in {}", silent.body);
    }
    let broken = town.press(&format!("{link}/resolve"), &[("public_text", "Text")]).await;
    assert_eq!(broken.status, 400);
    let done =
        town.press(&format!("{link}/resolve"), &[("version", "2"), ("public_text", "Fertig\r\nDanke")]).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(town.stored(id).await.status, Status::Resolved);
    let steps = town.steps(id).await;
    let step = steps.into_iter().find(|step| step.to == Some(Status::Resolved)).unwrap();
    assert_eq!(step.public_text.unwrap().as_str(), "Fertig\nDanke");
    assert_eq!(town.steps(id).await.len(), 2);
}

async fn not_ours_goes_to_the_default_desk(town: Town) {
    let id = town.complaint(1, &town.works).await.id;
    let link = town.link(id, town.works.id);
    let fields = [("version", "1"), ("department", ""), ("internal_text", "Gehört dem Landkreis?")];
    let page = town.press(&format!("{link}/not-ours"), &fields).await;
    assert_eq!(page.status, 410);
    assert!(page.body.contains("Nicht mehr in Ihrem Amt"), "{}", page.body);
    assert_eq!(town.stored(id).await.department, town.front.id);
    let other = town.link(id, town.front.id);
    let unknown = town.press(&format!("{other}/not-ours"), &[("version", "2")]).await;
    assert_eq!(unknown.status, 422);
    let named = town.works.id.to_string();
    town.press(&format!("{other}/not-ours"), &[("version", "2"), ("department", &named)]).await;
    assert_eq!(town.stored(id).await.department, town.works.id);
}

async fn links_end(town: Town) {
    let id = town.complaint(1, &town.works).await.id;
    let link = town.link(id, town.works.id);
    let forged = town.rathaus.get(&format!("{link}A")).send().await;
    assert_eq!(forged.status, 404);
    assert!(forged.body.contains("Dieser Link ist ungültig"), "{}", forged.body);
    assert_accessible(&forged.body, "de");
    let elsewhere = DeskLink { municipality: town.town.id, complaint: id, department: town.works.id };
    let other_secret = Secrets::new("the secret of another installation, long enough").unwrap();
    let foreign = desk_token(elsewhere, &other_secret, town.rathaus.clock.now()).unwrap();
    for altered in [foreign, format!("{}x", &link[6..link.len() - 1]), "x".to_owned(), "a.b".to_owned()] {
        for (language, title) in [("de", "Dieser Link ist ungültig"), ("en", "This link is not valid")] {
            let page = town.rathaus.get(&format!("/desk/{altered}")).header("accept-language", language);
            let page = page.send().await;
            assert_eq!(page.status, 404, "{altered}");
            assert!(
                page.body.contains(title) && page.headers["cache-control"] == "no-store",
                "{}",
                page.body
            );
        }
    }
    let strangers = town.link(id, town.front.id);
    assert_eq!(town.rathaus.get(&strangers).send().await.status, 410, "another department's");
    town.rathaus.clock.advance(chrono::TimeDelta::days(31));
    let old = town.press(&format!("{link}/accept"), &[("version", "1")]).await;
    assert_eq!(old.status, 410);
    assert!(old.body.contains("abgelaufen"), "{}", old.body);
    assert_eq!(town.stored(id).await.status, Status::Routed);
}
