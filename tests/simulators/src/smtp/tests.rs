//! The sink against a real mail client, and against a raw socket where the client is the one to blame.

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Attachment as Part, MultiPart, SinglePart, header::ContentType},
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use super::*;

const WITHIN: Duration = Duration::from_secs(10);
const HEAD: &str = "Date: Sun, 22 Nov 2026 16:00:00 +0000\r\nFrom: desk@example.org\r\n\
                    Message-ID: <1@example.org>\r\n\r\n";

type Transport = AsyncSmtpTransport<Tokio1Executor>;

fn mail_to(recipient: &str) -> Message {
    Message::builder()
        .from("Rathaus <desk@example.org>".parse().unwrap())
        .to(recipient.parse().unwrap())
        .subject("Anliegen BD-2026-000123 – Straßenlaterne")
        .message_id(None)
        .multipart(
            MultiPart::mixed()
                .multipart(MultiPart::alternative_plain_html(
                    "Schön.\n.Punkt".to_owned(),
                    "<p>Schön</p>".to_owned(),
                ))
                .singlepart(
                    Part::new("photo.jpg".to_owned())
                        .body(vec![1_u8, 2, 3], ContentType::parse("image/jpeg").unwrap()),
                ),
        )
        .unwrap()
}

fn transport(sink: &SmtpSink, tls: Tls) -> lettre::transport::smtp::AsyncSmtpTransportBuilder {
    Transport::builder_dangerous("localhost")
        .port(sink.address().port())
        .tls(tls)
        .hello_name(ClientId::Domain("tests.example.org".to_owned()))
}

/// A client that says exactly what it is told to.
struct Raw(BufReader<TcpStream>);

impl Raw {
    async fn connect(sink: &SmtpSink) -> Self {
        let mut raw = Self(BufReader::new(TcpStream::connect(sink.address()).await.unwrap()));
        assert!(raw.reply().await.starts_with("220 "));
        raw
    }

    /// The last line of the next reply.
    async fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_owned();
            }
        }
    }

    async fn say(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).await.unwrap();
    }

    async fn ask(&mut self, line: &str) -> String {
        self.say(&format!("{line}\r\n")).await;
        self.reply().await
    }

    /// Up to the invitation to send the mail itself.
    async fn begin(&mut self, recipient: &str) {
        for line in ["EHLO tests", "MAIL FROM:<desk@example.org>", &format!("RCPT TO:<{recipient}>")] {
            assert!(self.ask(line).await.starts_with("250 "), "{line}");
        }
        assert!(self.ask("DATA").await.starts_with("354 "));
    }
}

#[tokio::test]
async fn a_mail_from_a_real_client_is_kept() {
    let sink = SmtpSink::start(Config::default()).await.unwrap();
    transport(&sink, Tls::None).build().send(mail_to("anna@example.org")).await.unwrap();
    sink.wait_for(1, WITHIN).await.unwrap();
    let mail = sink.wait_until(WITHIN, |mail| mail.recipients == ["anna@example.org"]).await.unwrap();
    assert_eq!(
        (mail.sender.as_str(), mail.subject.as_str()),
        ("desk@example.org", "Anliegen BD-2026-000123 – Straßenlaterne")
    );
    assert_eq!(
        (mail.text.replace("\r\n", "\n").trim(), mail.html.trim()),
        ("Schön.\n.Punkt", "<p>Schön</p>")
    );
    assert_eq!(
        (mail.attachments[0].name.as_deref(), mail.attachments[0].content.as_slice()),
        (Some("photo.jpg"), &[1, 2, 3][..])
    );
    assert_eq!((sink.violations(), sink.mails_to("anna@example.org").len()), (Vec::new(), 1));
}

#[tokio::test]
async fn starttls_and_a_password_are_required_where_configured() {
    let authority = Arc::new(Authority::generate().unwrap());
    let login = Login { user: "rathaus".to_owned(), password: "geheim".to_owned() };
    let config = Config { starttls: Some(Arc::clone(&authority)), login: Some(login), ..Config::default() };
    let sink = SmtpSink::start(config).await.unwrap();
    assert_eq!(sink.url(), format!("smtp://rathaus:geheim@localhost:{}?tls=required", sink.address().port()));
    let trust = Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    let tls =
        TlsParameters::builder("localhost".to_owned()).add_root_certificate(trust).build_rustls().unwrap();
    for mechanism in [Mechanism::Plain, Mechanism::Login] {
        let sender = transport(&sink, Tls::Required(tls.clone()))
            .credentials(Credentials::new("rathaus".to_owned(), "geheim".to_owned()))
            .authentication(vec![mechanism]);
        sender.build().send(mail_to("anna@example.org")).await.unwrap();
    }
    let mail = &sink.mails()[0];
    assert_eq!(
        (mail.encrypted, mail.user.as_deref(), sink.violations()),
        (true, Some("rathaus"), Vec::new())
    );
    let wrong = transport(&sink, Tls::Required(tls))
        .credentials(Credentials::new("rathaus".to_owned(), "falsch".to_owned()));
    assert!(wrong.build().send(mail_to("anna@example.org")).await.unwrap_err().is_permanent());
    let mut raw = Raw::connect(&sink).await;
    raw.ask("EHLO tests").await;
    assert!(raw.ask("AUTH PLAIN AHJhdGhhdXMAZ2VoZWlt").await.starts_with("538 "));
    assert!(raw.ask("MAIL FROM:<desk@example.org>").await.starts_with("530 "));
}

#[tokio::test]
async fn nothing_may_be_smuggled_in_before_tls() {
    let config = Config { starttls: Some(Arc::new(Authority::generate().unwrap())), ..Config::default() };
    let sink = SmtpSink::start(config).await.unwrap();
    let mut raw = Raw::connect(&sink).await;
    raw.ask("EHLO tests").await;
    assert!(raw.ask("STARTTLS\r\nMAIL FROM:<evil@example.org>").await.starts_with("554 "));
    assert_eq!(raw.0.read_to_end(&mut Vec::new()).await.unwrap_or_default(), 0);
}

#[tokio::test]
async fn recipients_are_refused_by_script_and_by_their_name() {
    let sink = SmtpSink::start(Config::default()).await.unwrap();
    sink.refuse("anna@example.org", [Refusal::temporary(), Refusal::permanent()]);
    let sender = transport(&sink, Tls::None).build();
    assert!(sender.send(mail_to("anna@example.org")).await.unwrap_err().is_transient());
    assert!(sender.send(mail_to("anna@example.org")).await.unwrap_err().is_permanent());
    sender.send(mail_to("anna@example.org")).await.unwrap();
    assert!(sender.send(mail_to("sim-552-bert@example.org")).await.unwrap_err().is_permanent());
    assert!(sender.send(mail_to("sim-once-451-bert@example.org")).await.unwrap_err().is_transient());
    sender.send(mail_to("sim-once-451-bert@example.org")).await.unwrap();
    sink.refuse_all(Refusal::temporary());
    assert!(sender.send(mail_to("carla@example.org")).await.unwrap_err().is_transient());
    sink.refuse_all(None);
    sender.send(mail_to("carla@example.org")).await.unwrap();
    assert_eq!((sink.mails().len(), sink.violations()), (3, Vec::new()));
}

#[tokio::test]
async fn a_whole_mail_is_refused_or_lost_as_told() {
    let sink = SmtpSink::start(Config::default()).await.unwrap();
    let refused = DataAnswer::Refuse(Refusal::temporary());
    sink.script_data([refused, DataAnswer::CutBefore, DataAnswer::CutAfter, DataAnswer::Accept]);
    let sender = transport(&sink, Tls::None).build();
    for kept in [0, 0, 1] {
        assert!(sender.send(mail_to("anna@example.org")).await.is_err());
        assert_eq!(sink.mails().len(), kept);
    }
    sender.send(mail_to("anna@example.org")).await.unwrap();
    let numbers: Vec<_> = sink.mails().iter().map(|mail| mail.number).collect();
    assert_eq!(numbers, [0, 1]);
}

#[tokio::test]
async fn pipelined_commands_are_answered_in_order_and_dots_unstuffed() {
    let sink = SmtpSink::start(Config::default()).await.unwrap();
    let mut raw = Raw::connect(&sink).await;
    raw.ask("EHLO tests").await;
    raw.say("MAIL FROM:<> SIZE=100 BODY=8BITMIME\r\nRCPT TO:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n").await;
    for code in ["250 ", "250 ", "250 ", "354 "] {
        assert!(raw.reply().await.starts_with(code));
    }
    assert!(raw.ask(&format!("{HEAD}..one\r\n...\r\n.")).await.starts_with("250 "));
    assert!(raw.ask("QUIT").await.starts_with("221 "));
    let mail = &sink.mails()[0];
    assert_eq!((mail.text.as_str(), mail.recipients.len(), mail.sender.as_str()), (".one\r\n..\r\n", 2, ""));
}

#[tokio::test]
async fn commands_out_of_order_or_malformed_are_refused() {
    let sink = SmtpSink::start(Config { max_size: 1000, ..Config::default() }).await.unwrap();
    let mut raw = Raw::connect(&sink).await;
    for (line, code) in [
        ("MAIL FROM:<a@example.org>", "503"),
        ("EHLO", "501"),
        ("EHLO tests", "250"),
        ("RCPT TO:<a@example.org>", "503"),
        ("DATA", "503"),
        ("HELP me", "500"),
        ("MAIL FROM: a@example.org", "501"),
        ("MAIL FROM:<a@example.org> SIZE=1001", "552"),
        ("MAIL FROM:<a@example.org> SIZE=x", "501"),
        ("MAIL FROM:<a@example.org> NAME=x", "555"),
        ("MAIL FROM:<nobody>", "553"),
        ("MAIL FROM:<a@example.org>", "250"),
        ("MAIL FROM:<a@example.org>", "503"),
        ("RCPT TO:<a b@example.org>", "553"),
        ("DATA", "503"),
        ("AUTH PLAIN x", "503"),
        ("STARTTLS", "503"),
        ("NOOP", "250"),
        ("RSET", "250"),
        ("DATA", "503"),
    ] {
        let reply = raw.ask(line).await;
        assert!(reply.starts_with(code), "{line}: {reply}");
    }
    assert!(raw.ask(&"x".repeat(600)).await.starts_with("500"));
    raw.say("NOOP\n").await;
    assert!(raw.reply().await.starts_with("500 5.5.2"));
    assert_eq!(raw.reply().await, "");
}

#[tokio::test]
async fn a_mail_against_the_rules_is_refused() {
    let sink = SmtpSink::start(Config { max_size: 5000, ..Config::default() }).await.unwrap();
    for (mail, part) in [
        ("Subject: no more\r\n\r\nx\r\n.".to_owned(), "Date is missing"),
        (format!("{HEAD}{}\r\n.", "x".repeat(999)), "999 bytes"),
        (format!("{HEAD}x\n.\r\n"), "CR LF"),
        (format!("{HEAD}x\r\n.\nMAIL"), "CR LF"),
        (format!("{HEAD}{}", "x\r\n".repeat(2000)), "Too big"),
    ] {
        let mut raw = Raw::connect(&sink).await;
        raw.begin("anna@example.org").await;
        let reply = raw.ask(&mail).await;
        assert!(reply.starts_with('5') && reply.contains(part), "{reply}");
    }
    assert_eq!((sink.mails().len(), sink.violations().len()), (0, 5));
    assert!(sink.wait_for(1, Duration::from_millis(10)).await.is_err());
}

#[tokio::test]
async fn a_stopped_sink_frees_its_port() {
    let sink = SmtpSink::start(Config::default()).await.unwrap();
    let address = sink.address();
    sink.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
    let again = SmtpSink::start(Config { address, ..Config::default() }).await.unwrap();
    transport(&again, Tls::None).build().send(mail_to("anna@example.org")).await.unwrap();
    assert_eq!(again.next_mail().await.number, 0);
}

/// A single part without attachments, as short notices are sent.
#[tokio::test]
async fn a_plain_mail_has_text_only() {
    let sink = SmtpSink::start(Config::default()).await.unwrap();
    let mail = Message::builder()
        .from("desk@example.org".parse().unwrap())
        .to("anna@example.org".parse().unwrap())
        .message_id(None)
        .singlepart(SinglePart::plain("Ihr Code ist 123456".to_owned()))
        .unwrap();
    transport(&sink, Tls::None).build().send(mail).await.unwrap();
    let mail = &sink.mails()[0];
    assert_eq!((mail.text.trim(), mail.html.as_str()), ("Ihr Code ist 123456", ""));
}
