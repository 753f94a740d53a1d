use std::sync::Arc;

use domain::{
    deliveries::{Mail, MailPart},
    text::EmailAddress,
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer};
use simulators::{
    Authority,
    smtp::{Config, DataAnswer, Login, Refusal, SmtpSink},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::gateways::{Email, EmailConfig};

fn gateway(url: &str, ca_pem: Option<&str>) -> Email {
    Email::new(EmailConfig {
        name: "email".into(),
        smtp_url: url.parse().unwrap(),
        from: EmailAddress::parse("rathaus@bad-dueben.example").unwrap(),
        ca_pem: ca_pem.map(|pem| pem.as_bytes().to_vec()),
        limits: Limits::default(),
    })
    .unwrap()
}

async fn sink() -> SmtpSink {
    SmtpSink::start(Config::default()).await.unwrap()
}

fn letter(to: &str, number: u128) -> Outgoing {
    let mut item = push_to(Platform::Ios, "00000000", number);
    item.content = Content::Mail(Box::new(Mail {
        to: EmailAddress::parse(to).unwrap(),
        from_name: "Stadt Bad Düben".into(),
        reply_to: None,
        subject: "Neues Anliegen: Müll am Rödgener Weg".into(),
        text: "Guten Tag,\n\n.eine Zeile mit Punkt\nGrüße\n".into(),
        html: Some("<p>Guten Tag <img src=\"cid:photo1\"></p>".into()),
        parts: vec![MailPart {
            name: "foto.jpg".into(),
            content_type: "image/jpeg".into(),
            content_id: Some("photo1".into()),
            bytes: vec![0xff, 0xd8, 0xff, 0x00],
        }],
        headers: Vec::new(),
    }));
    item
}

fn sent(outcome: Outcome) {
    assert!(matches!(outcome, Outcome::Sent { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_letter_arrives_whole() {
    let sink = sink().await;
    let email = gateway(&sink.url(), None);
    let item = letter("amt@example.org", 1);
    sent(email.send(now(), &item).await);
    sent(email.send(now(), &item).await);
    assert_eq!(sink.violations(), Vec::<String>::new());
    let mails = sink.mails_to("amt@example.org");
    let [first, second] = mails.as_slice() else { panic!("{}", mails.len()) };
    assert_eq!(first.sender, "rathaus@bad-dueben.example");
    assert_eq!(first.subject, "Neues Anliegen: Müll am Rödgener Weg");
    assert_eq!(first.text.replace("\r\n", "\n"), "Guten Tag,\n\n.eine Zeile mit Punkt\nGrüße\n");
    assert_eq!(first.header("auto-submitted"), Some("auto-generated"));
    assert_eq!(first.attachments[0].content, [0xff, 0xd8, 0xff, 0x00]);
    assert_eq!(first.attachments[0].content_id.as_deref(), Some("photo1"));
    assert_eq!(first.message_id, second.message_id);
    assert_eq!(sink.connections(), 1);
}

#[tokio::test]
async fn many_letters_share_two_connections() {
    let sink = sink().await;
    let email = gateway(&sink.url(), None);
    let items: Vec<_> =
        (1..=200).map(|number| letter(&format!("person{number}@example.org"), number)).collect();
    assert_eq!(send_all(&email, &items).await, 200);
    assert_eq!(sink.mails().len(), 200);
    assert!(sink.connections() <= 2, "{}", sink.connections());
    assert_eq!(sink.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn over_starttls_with_a_password() {
    let authority = Arc::new(Authority::generate().unwrap());
    let sink = SmtpSink::start(Config {
        starttls: Some(authority.clone()),
        login: Some(Login { user: "rathaus".into(), password: "geheim".into() }),
        ..Config::default()
    })
    .await
    .unwrap();
    let ca = Some(authority.pem());
    let item = letter("amt@example.org", 1);
    sent(gateway(&sink.url(), ca).send(now(), &item).await);
    let mail = &sink.mails()[0];
    assert!(mail.encrypted);
    assert_eq!(mail.user.as_deref(), Some("rathaus"));
    let reason = async |url: String, ca| gateway(&url, ca).send(now(), &item).await;
    assert_eq!(
        reason(sink.url().replace("geheim", "falsch"), ca).await,
        Outcome::StopChannel { reason: "credentials_refused" }
    );
    assert_eq!(reason(sink.url(), None).await, Outcome::StopChannel { reason: "tls_failed" });
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn no_password_leaves_where_starttls_is_missing() {
    let sink = SmtpSink::start(Config {
        login: Some(Login { user: "rathaus".into(), password: "geheim".into() }),
        ..Config::default()
    })
    .await
    .unwrap();
    let url = format!("{}?tls=required", sink.url());
    assert_eq!(
        gateway(&url, None).send(now(), &letter("amt@example.org", 1)).await,
        Outcome::StopChannel { reason: "starttls_missing" }
    );
}

#[tokio::test]
async fn over_implicit_tls() {
    let sink = sink().await;
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let server = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let behind = sink.address();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut outside = acceptor.accept(stream).await.ok()?;
                let mut inside = TcpStream::connect(behind).await.ok()?;
                tokio::io::copy_bidirectional(&mut outside, &mut inside).await.ok()
            });
        }
    });
    let url = format!("smtps://localhost:{port}");
    let item = letter("amt@example.org", 1);
    sent(gateway(&url, Some(&cert.pem())).send(now(), &item).await);
    assert_eq!(gateway(&url, None).send(now(), &item).await, Outcome::StopChannel { reason: "tls_failed" });
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn refusals_over_the_wire() {
    let sink = sink().await;
    let email = gateway(&sink.url(), None);
    let full = Refusal { code: 552, text: "5.2.2 Mailbox full".into() };
    let bare = Refusal { code: 550, text: "Not wanted".into() };
    let item = letter("amt@example.org", 1);
    sink.refuse("amt@example.org", [Refusal::permanent(), Refusal::temporary(), full, bare.clone()]);
    sink.script_data([
        DataAnswer::Refuse(bare),
        DataAnswer::Refuse(Refusal::temporary()),
        DataAnswer::CutBefore,
        DataAnswer::CutAfter,
    ]);
    let mut reasons = Vec::new();
    for _ in 0..8 {
        reasons.push(email.send(now(), &item).await.reason().unwrap_or("sent"));
    }
    assert_eq!(
        reasons,
        [
            "mailbox_unknown",
            "recipient_deferred",
            "mailbox_full",
            "recipient_refused",
            "content_refused",
            "deferred",
            "answer_lost",
            "answer_lost",
        ]
    );
    // The last was kept before the connection died: nobody could know.
    assert_eq!(sink.mails().len(), 1);
    assert_eq!(sink.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_server_that_was_restarted_is_found_again() {
    let first = sink().await;
    let (url, address) = (first.url(), first.address());
    let email = gateway(&url, None);
    sent(email.send(now(), &letter("amt@example.org", 1)).await);
    first.stop().await;
    assert_eq!(email.send(now(), &letter("amt@example.org", 2)).await.reason(), Some("unreachable"));
    let second = SmtpSink::start(Config { address, ..Config::default() }).await.unwrap();
    sent(email.send(now(), &letter("amt@example.org", 2)).await);
    assert_eq!(second.mails().len(), 1);
}

#[tokio::test]
async fn a_hanging_server_leaves_doubt_only_after_the_letter() {
    let sink = sink().await;
    sink.set_latency(Duration::from_secs(30));
    let email = Email::new(EmailConfig {
        name: "email".into(),
        smtp_url: sink.url().parse().unwrap(),
        from: EmailAddress::parse("rathaus@bad-dueben.example").unwrap(),
        ca_pem: None,
        limits: Limits { timeout: Duration::from_secs(1), ..Limits::default() },
    })
    .unwrap();
    assert_eq!(
        email.send(now(), &letter("amt@example.org", 1)).await,
        Outcome::Unknown { reason: "answer_lost" }
    );
}
