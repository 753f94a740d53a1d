//! Starts the mail sink by hand.

use std::{error::Error, net::SocketAddr, path::PathBuf, sync::Arc};

use clap::Parser;
use serde_json::{Value, json};
use simulators::{
    Authority,
    smtp::{Config, Login, Mail, SmtpSink},
};

/// A mail server that delivers nothing and shows what came in.
#[derive(Parser)]
struct Arguments {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:2525")]
    listen: SocketAddr,
    /// Where the certificate authority is kept; it is made when missing.
    #[arg(long, default_value = "data/simulators")]
    folder: PathBuf,
    /// Take mail only after STARTTLS.
    #[arg(long)]
    starttls: bool,
    /// Take mail only from this user, as in `user:password`.
    #[arg(long)]
    require_auth: Option<String>,
    /// One JSON object per mail instead of its line and its text.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let starttls = if arguments.starttls {
        std::fs::create_dir_all(&arguments.folder)?;
        Some(Arc::new(Authority::load_or_generate(&arguments.folder)?))
    } else {
        None
    };
    let login = arguments.require_auth.as_deref().map(|login| {
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        Login { user: user.to_owned(), password: password.to_owned() }
    });
    let sink =
        SmtpSink::start(Config { address: arguments.listen, starttls, login, ..Config::default() }).await?;
    eprintln!("Mail sink on {}", sink.url());
    if arguments.starttls {
        eprintln!("  trust     {}/ca.pem", arguments.folder.display());
    }
    eprintln!("Ctrl-C stops it. Magic recipients are in README.md.");
    let show = async {
        loop {
            let mail = sink.next_mail().await;
            if arguments.json {
                println!("{}", as_object(&mail))
            } else {
                println!("{mail}\n{}\n", mail.text)
            }
        }
    };
    tokio::select! {
        () = show => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    sink.stop().await;
    Ok(())
}

fn as_object(mail: &Mail) -> Value {
    let attachments: Vec<_> = mail
        .attachments
        .iter()
        .map(|part| json!({ "name": part.name, "content_type": part.content_type, "bytes": part.content.len() }))
        .collect();
    json!({
        "number": mail.number,
        "at": mail.at.to_rfc3339(),
        "sender": mail.sender,
        "recipients": mail.recipients,
        "headers": mail.headers,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "attachments": attachments,
    })
}
