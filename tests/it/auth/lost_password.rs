//! Staff who lost their password set another one with a code from a letter.

use std::time::Duration;

use api::{config::Secret, sending};
use chrono::TimeDelta;
use domain::{citizens::CodePurpose, staff::Role};
use infrastructure::secrets::Secrets;
use reqwest::Method;
use serde_json::{Value, json};
use simulators::smtp::SmtpSink;

use super::{PASSWORD, access, renewal, second_factor::AMT};
use crate::{
    desk::accessible::assert_accessible,
    support::{
        http::{Answer, Call},
        installation::{Installation, SECRET},
        on_both,
    },
};

on_both!(
    a_code_from_a_letter_replaces_a_lost_password,
    nobody_learns_who_works_in_a_town_hall,
    codes_are_good_once_for_an_hour_and_five_tries,
    a_letter_is_no_second_factor,
    a_page_does_it_without_an_application,
    a_page_knows_its_methods,
    the_letter_leads_to_the_page,
    a_page_says_what_is_wrong,
);

const RESETS: &str = "/v1/auth/staff-password-resets";
const PASSWORDS: &str = "/v1/auth/staff-passwords";
const KIM: &str = "kim@example.org";
const NEW: &str = "another long password";

impl Installation {
    /// The code of the letter for a lost password that is due.
    pub async fn reset_code(&self, email: &str) -> String {
        let due = self.codes_due().await;
        let letter = due.iter().rfind(|code| code.address.as_str() == email).expect("a letter");
        assert_eq!((letter.purpose, letter.municipality), (CodePurpose::PasswordReset, None));
        Secrets::new(SECRET).unwrap().open_code(letter.id, &letter.sealed).unwrap()
    }

    fn lose(&self, email: &str) -> Call {
        self.post(RESETS, &json!({"email": email}))
    }

    /// Loses the password and reads the letter.
    async fn lost(&self, email: &str) -> String {
        let asked: Value = self.lose(email).expect(202).await;
        assert_eq!(asked, json!({"expires_in": 3600}));
        self.reset_code(email).await
    }

    fn replace(&self, email: &str, code: &str, password: &str) -> Call {
        self.post(PASSWORDS, &json!({"email": email, "code": code, "password": password}))
    }

    async fn refuses_code(&self, email: &str, code: &str, password: &str, pointer: &str) {
        let refused = self
            .replace(email, code, password)
            .expect_problem(422, "validation_failed")
            .await
            .json::<Value>();
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
    }

    fn sign_in_with(&self, email: &str, password: &str) -> Call {
        self.post("/v1/auth/staff-sessions", &json!({"email": email, "password": password}))
    }

    async fn send_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        Call(self.request(Method::POST, path).form(fields)).send().await
    }
}

async fn a_code_from_a_letter_replaces_a_lost_password(rathaus: Installation) {
    rathaus.staff_account(KIM).await;
    let before: Value = rathaus.sign_in_with(KIM, PASSWORD).expect(201).await;
    let code = rathaus.lost(KIM).await;
    assert!(code.len() >= 16, "{}", code.len());
    rathaus.refuses_code(KIM, &code, "short", "/password").await;
    rathaus.refuses_code(KIM, "x", NEW, "/code").await;
    rathaus.refuses_code(KIM, "aaaa-bbbb-cccc-dddd", NEW, "/code").await;
    rathaus.refuses_code("somebody@example.org", &code, NEW, "/code").await;
    rathaus.sign_in_with(KIM, PASSWORD).expect::<Value>(201).await;
    rathaus.get("/v1/municipalities").bearer(access(&before)).expect::<Value>(200).await;

    let shouted = format!(" {} ", code.to_uppercase());
    assert_eq!(rathaus.replace(KIM, &shouted, NEW).send().await.status, 204);
    rathaus.sign_in_with(KIM, PASSWORD).expect_problem(401, "credentials_wrong").await;
    rathaus.sign_in_with(KIM, NEW).expect::<Value>(201).await;
    // Whoever signed in under the lost password is out, with either token.
    rathaus.refresh(renewal(&before)).expect_problem(401, "unauthenticated").await;
    let end = rathaus.delete("/v1/auth/sessions/current").bearer(access(&before));
    end.expect_problem(401, "unauthenticated").await;
}

async fn nobody_learns_who_works_in_a_town_hall(rathaus: Installation) {
    rathaus.staff_account(KIM).await;
    rathaus.citizen("erika@example.org").await;
    let ask = async |email: &str| {
        let answer = rathaus.lose(email).send().await;
        let mut headers: Vec<_> = answer
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        headers.retain(|(name, _)| !["x-request-id", "date", "ratelimit"].contains(&name.as_str()));
        headers.sort();
        (answer.status, headers, answer.body)
    };
    let known = ask(KIM).await;
    assert_eq!(known.0, 202);
    for other in ["nobody@example.org", "erika@example.org"] {
        assert_eq!(ask(other).await, known, "{other}");
    }
    let due = rathaus.codes_due().await;
    let addressees: Vec<_> = due.iter().map(|code| code.address.as_str()).collect();
    assert_eq!(addressees, [KIM], "only who signs in with a password gets a letter");
    for email in [KIM, "nobody@example.org"] {
        for _ in 0..2 {
            assert_eq!(ask(email).await.0, 202);
        }
        rathaus.lose(email).expect_problem(429, "too_many_requests").await;
    }
    assert_eq!(rathaus.codes_due().await.len(), 2);
    for wrong in [json!({}), json!({"email": "nobody"}), json!({"email": KIM, "colour": "red"})] {
        rathaus.post(RESETS, &wrong).expect_problem(422, "validation_failed").await;
    }
}

async fn codes_are_good_once_for_an_hour_and_five_tries(rathaus: Installation) {
    rathaus.staff_account(KIM).await;
    let first = rathaus.lost(KIM).await;
    rathaus.clock.advance(TimeDelta::minutes(1));
    let second = rathaus.lost(KIM).await;
    rathaus.refuses_code(KIM, &first, NEW, "/code").await;
    assert_eq!(rathaus.replace(KIM, &second, NEW).send().await.status, 204);
    for used in [&second, &first] {
        rathaus.refuses_code(KIM, used, "a third long password", "/code").await;
    }
    rathaus.sign_in_with(KIM, NEW).expect::<Value>(201).await;

    rathaus.clock.advance(TimeDelta::hours(2));
    let late = rathaus.lost(KIM).await;
    rathaus.clock.advance(TimeDelta::minutes(61));
    rathaus.refuses_code(KIM, &late, "a third long password", "/code").await;

    rathaus.clock.advance(TimeDelta::hours(2));
    let guessed = rathaus.lost(KIM).await;
    for _ in 0..5 {
        let guess = rathaus.replace(KIM, "aaaa-bbbb-cccc-dddd", NEW).send().await;
        assert_eq!(guess.status, 422, "{}", guess.body);
    }
    rathaus.refuses_code(KIM, &guessed, "a third long password", "/code").await;

    // Two at once: one of them sets it.
    rathaus.clock.advance(TimeDelta::hours(2));
    let code = rathaus.lost(KIM).await;
    let (a, b) = tokio::join!(
        rathaus.replace(KIM, &code, "a third long password").send(),
        rathaus.replace(KIM, &code, "a fourth long password").send(),
    );
    assert_eq!(
        [a.status, b.status].iter().filter(|status| **status == 204).count(),
        1,
        "{} {}",
        a.body,
        b.body
    );
}

async fn a_letter_is_no_second_factor(rathaus: Installation) {
    rathaus.guarded().await;
    let code = rathaus.lost(AMT).await;
    assert_eq!(rathaus.replace(AMT, &code, NEW).send().await.status, 204);
    rathaus.sign_in_with(AMT, NEW).expect_problem(401, "second_factor_required").await;
}

async fn a_page_does_it_without_an_application(rathaus: Installation) {
    let town = rathaus.found("bad-dueben", "Bad Düben").await;
    rathaus.staff_account(KIM).await;
    rathaus.employ(&town, KIM, Role::Clerk).await;
    for path in ["/staff/password", "/staff/password/forgotten"] {
        for language in ["de", "en"] {
            let page = rathaus.get(path).header("accept-language", language).send().await;
            assert_eq!(page.status, 200, "{}", page.body);
            assert_accessible(&page.body, language);
            for (name, value) in [
                ("cache-control", "no-store"),
                ("referrer-policy", "no-referrer"),
                ("x-robots-tag", "noindex, nofollow"),
            ] {
                assert_eq!(page.headers[name], value);
            }
            let policy = page.headers["content-security-policy"].to_str().unwrap();
            assert!(
                policy.contains("form-action 'self'") && policy.contains("frame-ancestors 'none'"),
                "{policy}"
            );
        }
    }
    let asked = rathaus.send_form("/staff/password/forgotten", &[("email", KIM)]).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert_accessible(&asked.body, "de");
    let nobody = rathaus.send_form("/staff/password/forgotten", &[("email", "nobody@example.org")]).await;
    assert_eq!((nobody.status, &nobody.body), (asked.status, &asked.body), "the same for whoever asks");

    let code = rathaus.reset_code(KIM).await;
    let done =
        rathaus.send_form("/staff/password", &[("email", KIM), ("code", &code), ("password", NEW)]).await;
    assert_eq!(done.status, 200, "led on to a page: {}", done.body);
    assert_accessible(&done.body, "de");
    assert!(done.body.contains("Ihr Passwort ist festgelegt"), "{}", done.body);
    rathaus.sign_in_with(KIM, NEW).expect::<Value>(201).await;
}

async fn a_page_knows_its_methods(rathaus: Installation) {
    for (path, allow) in [
        ("/staff/password", "GET, HEAD, POST"),
        ("/staff/password/done", "GET, HEAD"),
        ("/desk/x/accept", "GET, HEAD, POST"),
        ("/desk/x", "GET, HEAD"),
        ("/wards/x", "GET, HEAD"),
        ("/wards/x/agreement", "POST"),
        ("/unsubscribe/x", "GET, HEAD, POST"),
        ("/callbacks/twilio/menu", "POST"),
    ] {
        let refused = rathaus.delete(path).expect_problem(405, "method_not_allowed").await;
        assert_eq!(refused.headers["allow"], allow, "{path}");
    }
}

async fn the_letter_leads_to_the_page(rathaus: Installation) {
    rathaus.staff_account(KIM).await;
    let english = json!({"email": KIM, "locale": "en"});
    rathaus.post(RESETS, &english).expect::<Value>(202).await;
    let mail = SmtpSink::start(Default::default()).await.unwrap();
    let parts = rathaus.server.parts();
    let mut config = parts.config.get_ref().clone();
    config.email.smtp_url = Some(Secret::new(mail.url()));
    let worker = sending::start(&config, &parts.clock, &parts.secrets, rathaus.store(), parts.photos.store())
        .await
        .unwrap();
    let letter = mail.wait_until(Duration::from_secs(20), |mail| mail.recipients == [KIM]).await.unwrap();
    worker.stop().await;
    assert_eq!(mail.violations(), Vec::<String>::new());
    assert_eq!(letter.subject, "A new password");
    assert!(letter.text.contains("60 minutes"), "{}", letter.text);
    let place = letter.text.split_whitespace().find(|word| word.starts_with("http")).unwrap();
    let path = place.strip_prefix(config.http.public_url.as_str().trim_end_matches('/')).unwrap();
    assert_eq!(rathaus.get(path).send().await.status, 200, "{place}");
    let code = letter.text.lines().find_map(|line| line.strip_prefix("    ")).unwrap();
    assert!(!place.contains(code), "addresses end up in logs");
    let done = rathaus.send_form(path, &[("email", KIM), ("code", code), ("password", NEW)]).await;
    assert_eq!(done.status, 200, "{}", done.body);
    rathaus.sign_in_with(KIM, NEW).expect::<Value>(201).await;
}

async fn a_page_says_what_is_wrong(rathaus: Installation) {
    rathaus.staff_account(KIM).await;
    let sent = rathaus.lost(KIM).await;
    for (email, code, password, field) in [
        ("kim", sent.as_str(), NEW, "email"),
        (KIM, "x", NEW, "code"),
        (KIM, "aaaa-bbbb-cccc-dddd", NEW, "code"),
        (KIM, sent.as_str(), "short", "password"),
    ] {
        let page = rathaus
            .send_form("/staff/password", &[("email", email), ("code", code), ("password", password)])
            .await;
        assert_eq!(page.status, 422, "{}", page.body);
        assert_accessible(&page.body, "de");
        // Said on top and at the field, which names it for those who do not see.
        for tied in [
            "<title>Fehler: ",
            "role=\"alert\"",
            &format!("href=\"#{field}\""),
            &format!("id=\"{field}_wrong\""),
        ] {
            assert!(page.body.contains(tied), "{tied} in {}", page.body);
        }
        assert!(!page.body.contains(password) && !page.body.contains(&sent), "{}", page.body);
    }
    let wrong = rathaus.send_form("/staff/password/forgotten", &[("email", "kim\"><script>")]).await;
    assert_eq!(wrong.status, 422);
    assert_accessible(&wrong.body, "de");
    for path in ["/staff/password", "/staff/password/forgotten"] {
        let broken =
            rathaus.request(Method::POST, path).header("content-type", "application/json").body("{}");
        assert_eq!(Call(broken).send().await.status, 400);
    }
    for _ in 0..2 {
        rathaus.send_form("/staff/password/forgotten", &[("email", KIM)]).await;
    }
    let often = rathaus.send_form("/staff/password/forgotten", &[("email", KIM)]).await;
    assert_eq!((often.status.as_u16(), &often.headers["retry-after"]), (429, &"3600".parse().unwrap()));
    assert_accessible(&often.body, "de");
}
