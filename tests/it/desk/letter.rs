//! The e-mail a department gets about a new complaint, as its mail server receives it.

use std::time::Duration;

use api::{config::Secret, sending};
use domain::{Store, text::EmailAddress};
use image::{GenericImageView, Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use reqwest::{Method, header};
use serde_json::{Value, json};
use simulators::smtp::{Mail, SmtpSink};

use super::town::Town;
use crate::{
    complaints::{COMPLAINTS, report_with},
    support::on_both,
};

on_both!(a_desk_gets_all_it_needs, a_desk_is_written_to_in_its_language, a_citizen_cannot_write_the_letter);

const DESK: &str = "buergerbuero@example.org";

impl Town {
    /// Files a report and sends the letter about it.
    async fn letter_about(&self, report: &Value) -> Mail {
        let tx = self.rathaus.store().begin(self.scope()).await.unwrap();
        let desk = domain::municipalities::Department {
            email: Some(EmailAddress::parse(DESK).unwrap()),
            ..self.front.clone()
        };
        tx.update_department(&desk).await.unwrap();
        tx.touch_register().await.unwrap();
        tx.commit().await.unwrap();
        self.rathaus.post(COMPLAINTS, report).expect::<Value>(201).await;

        let mail = SmtpSink::start(Default::default()).await.unwrap();
        let parts = self.rathaus.server.parts();
        let mut config = parts.config.get_ref().clone();
        config.email.smtp_url = Some(Secret::new(mail.url()));
        let store = self.rathaus.store();
        let worker = sending::start(&config, &parts.clock, &parts.secrets, store, parts.photos.store());
        let worker = worker.await.unwrap();
        let letter =
            mail.wait_until(Duration::from_secs(20), |mail| mail.recipients == [DESK]).await.unwrap();
        worker.stop().await;
        assert_eq!(mail.violations(), Vec::<String>::new());
        letter
    }

    /// A photo too large for a letter, full of noise as no camera makes it.
    async fn photo(&self) -> Value {
        let noise =
            |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)).to_le_bytes();
        let picture =
            RgbImage::from_fn(800, 600, |x, y| Rgb([noise(x, y)[1], noise(y, x)[2], noise(x, y)[3]]));
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(&picture).unwrap();
        let photos = "/v1/municipalities/bad-dueben/photos";
        let request = self.rathaus.request(Method::POST, photos).header(header::CONTENT_TYPE, "image/jpeg");
        crate::support::http::Call(request.body(bytes)).expect(201).await
    }
}

/// Where the links of a text lead.
fn links(html: &str) -> Vec<&str> {
    html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

async fn a_desk_gets_all_it_needs(town: Town) {
    let photos = [town.photo().await["id"].clone()];
    let letter = town.letter_about(&report_with(json!({ "photos": photos }))).await;
    assert_eq!(letter.subject, "Neues Anliegen BD-2026-000001: illegal-waste auf Deutsch");
    assert_eq!(
        (letter.from.as_str(), letter.to.as_slice()),
        ("rathaus@localhost.localdomain", &[DESK.to_owned()][..])
    );
    assert_eq!(letter.header("Auto-Submitted").unwrap().trim(), "auto-generated");
    assert!(letter.header("Date").unwrap().contains("23 Nov 2026 09:00:00 +0000"), "{:?}", letter.headers);
    assert!(letter.message_id.ends_with("@localhost.localdomain"), "{}", letter.message_id);
    let kinds = ["multipart/alternative", "multipart/related", "text/plain", "text/html"];
    let raw = String::from_utf8_lossy(&letter.raw);
    for kind in kinds {
        assert!(raw.contains(kind), "{kind}");
    }

    let base = &town.rathaus.server.parts().config.http.public_url;
    for words in [&letter.text, &letter.html] {
        for needed in [
            "BD-2026-000001",
            "illegal-waste auf Deutsch",
            "Bürgerbüro",
            "Alte Reifen am Waldrand, seit gestern.",
            "https://www.openstreetmap.org/?mlat=51.5919",
            &format!("{base}desk/"),
            "30 Tage",
            "07.12.2026",
        ] {
            assert!(words.contains(needed), "{needed} in {words}");
        }
    }
    assert!(letter.html.contains("lang=\"de\""));

    let [photo] = letter.attachments.as_slice() else { panic!("{} parts", letter.attachments.len()) };
    let id = photo.content_id.as_deref().unwrap();
    assert!(letter.html.contains(&format!("src=\"cid:{id}\" alt=\"Foto 1\"")), "{}", letter.html);
    assert_eq!(photo.content_type, "image/jpeg");
    assert!(photo.content.len() < 150 * 1024, "{} bytes", photo.content.len());
    assert_eq!(image::load_from_memory(&photo.content).unwrap().dimensions(), (320, 240));

    let link = letter.text.split_whitespace().find(|word| word.contains("/desk/")).unwrap();
    assert!(links(&letter.html).contains(&link), "both say the same");
    let page = town.rathaus.get(link.strip_prefix(base.as_str().trim_end_matches('/')).unwrap()).send().await;
    assert_eq!(page.status, 200);
    let thumb = page.body.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(town.rathaus.get(thumb).send().await.headers["content-type"], "image/jpeg");
}

async fn a_desk_is_written_to_in_its_language(town: Town) {
    let tx = town.rathaus.store().begin(domain::Scope::Installation).await.unwrap();
    let mut english = town.town.clone();
    english.settings.default_locale = domain::Locale::En;
    tx.update_municipality(&english).await.unwrap();
    tx.commit().await.unwrap();
    let letter = town.letter_about(&report_with(json!({}))).await;
    assert_eq!(letter.subject, "New complaint BD-2026-000001: illegal-waste in English");
    for words in [&letter.text, &letter.html] {
        for needed in ["Accept, resolve", "30 days", "7 December 2026", "Department: Bürgerbüro"] {
            assert!(words.contains(needed), "{needed} in {words}");
        }
    }
    assert!(letter.html.contains("lang=\"en\""));
    let german = ["Nummer", "Kategorie", "Amt:", "Ort:", "Karte", "Annehmen", "Zugesagte"];
    assert!(
        german.iter().all(|word| !letter.text.contains(word) && !letter.html.contains(word)),
        "{}",
        letter.text
    );
}

async fn a_citizen_cannot_write_the_letter(town: Town) {
    let description = "<img src=x onerror=alert(1)> </blockquote><a href=\"https://evil.example/\">Annehmen</a>\r\n\
                       Annehmen, erledigen:\nhttps://evil.example/desk/x\u{2028}www.evil.example [ok](//evil.example)\n\
                       Bcc: alle@example.org";
    let address = "Leipziger Str. 12 Link: https://evil.example/";
    let changes = json!({ "description": description, "location": null, "address": address });
    let letter = town.letter_about(&report_with(changes)).await;
    let base = town.rathaus.server.parts().config.http.public_url.as_str();
    for link in links(&letter.html) {
        assert!(link.starts_with(base), "{link}");
    }
    assert!(
        !letter.html.contains("<img") && !letter.html.contains("<a href=\"https://evil"),
        "{}",
        letter.html
    );
    assert!(letter.header("Bcc").is_none());
    assert_eq!(letter.recipients, [DESK]);
    // No mail program makes a link of it, and no line of it passes for one of the letter's.
    for words in [&letter.text, &letter.html] {
        assert!(!words.contains("://evil") && !words.contains("evil.example"), "{words}");
        assert!(words.contains("https[:]//evil[.]example"), "{words}");
    }
    let lines: Vec<_> = letter.text.lines().filter(|line| line.contains("evil")).collect();
    assert!(lines.len() >= 3);
    for line in lines {
        assert!(line.starts_with("> ") || line.starts_with("Ort: "), "{line}");
    }
}
