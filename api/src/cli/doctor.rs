//! `rathaus doctor`: reads every setting and looks at what it leads to, without starting anything.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use infrastructure::{
    db::{ConnectError, Connections, migrate::check},
    gateways::ProcessTokens,
    photos::PhotoStore,
    secrets::Secrets,
};
use url::Url;

use super::{Failure, block_on, logging, serve::variables};
use crate::{
    config::{Config, ConfigError},
    sending,
};

/// How long a mail server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a look at one setting found.
type Finding = Result<(), Failure>;

pub fn run(config: &Config) -> Result<(), Failure> {
    let serving = serves(config.http.listen);
    let findings = [
        ("log.level", logging::filter(&config.log).map(drop).map_err(Failure::from)),
        ("http.listen", free(config.http.listen, "http.listen", serving)),
        ("http.ops_listen", free(config.http.ops_listen, "http.ops_listen", serving)),
        ("auth.secret", secret(config)),
        ("database", block_on(database(config))),
        ("files.url", block_on(files(config))),
        ("push, e-mail, sms and voice", gateways(config)),
        ("email.smtp_url", mail_server(config)),
    ];
    let mut wrong = 0;
    for (name, finding) in findings {
        match finding {
            Ok(()) => println!("ok      {name}"),
            Err(sentence) => {
                wrong += 1;
                println!("wrong   {name}: {sentence}");
            }
        }
    }
    if serving {
        println!("note    a server answers on http.listen already; its ports and its database are its own.");
    }
    for note in notes(config) {
        println!("note    {note}");
    }
    for sentence in Config::overlooked(variables()) {
        println!("note    {sentence}");
    }
    match wrong {
        0 => Ok(()),
        one_or_more => Err(format!("{one_or_more} wrong").into()),
    }
}

/// What is not wrong, and hardly meant.
fn notes(config: &Config) -> Vec<&'static str> {
    let apps = config.push.apps.values();
    let public = &config.http.public_url;
    let loopback = public.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"));
    [
        (
            config.http.trusted_proxies.are_all(),
            "http.trusted_proxies trusts everybody: whoever names another address escapes the limits.",
        ),
        (loopback, "http.public_url is an address of this machine: links in e-mails lead nowhere else."),
        (
            config.email.smtp_url.is_none(),
            "email.smtp_url is not set: desks get no e-mail, and citizens cannot sign in.",
        ),
        (
            apps.clone().all(|app| app.apns.is_none()),
            "push.apps.default.apns is not set: iPhones get no push.",
        ),
        (
            apps.clone().all(|app| app.fcm.is_none()),
            "push.apps.default.fcm is not set: Android phones get no push.",
        ),
    ]
    .into_iter()
    .filter_map(|(is_so, note)| is_so.then_some(note))
    .collect()
}

/// Whether Rathaus listens there already: it is looked at beside a running server, too.
fn serves(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.take(4_096).read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200") && answer.contains("{\"status\":\"live\"}"))
    };
    ask().unwrap_or(false)
}

fn free(address: SocketAddr, name: &str, serving: bool) -> Finding {
    if serving {
        return Ok(());
    }
    let unusable = |error| ConfigError::setting(name, format!("cannot be listened on: {error}"));
    Ok(TcpListener::bind(address).map(drop).map_err(unusable)?)
}

fn secret(config: &Config) -> Finding {
    // The embedded database gets a secret of its own when it first starts.
    if config.database.url.is_sqlite() { Ok(()) } else { Ok(config.secret().map(drop)?) }
}

/// Reachable, of this version, and served by a role that row-level security binds. An embedded
/// database that is not there yet is made at the first start.
async fn database(config: &Config) -> Finding {
    let url = &config.database.url;
    if url.file().is_some_and(|file| !file.exists()) {
        return Ok(());
    }
    let connections = match Connections::open(url.expose(), 1).await {
        Err(ConnectError::InUse(_)) => Connections::beside(url.expose(), 1).await?,
        opened => opened?,
    };
    match (check(&connections).await, &config.database.owner_url) {
        // The next start brings it up to date, if the owner can be reached.
        (Err(ConnectError::SchemaOlder), Some(owner)) => {
            Ok(Connections::open(owner.expose(), 1).await?.ping().await.map_err(ConnectError::from)?)
        }
        (checked, _) => Ok(checked?),
    }
}

async fn files(config: &Config) -> Finding {
    let unusable = |what: String| ConfigError::setting("files.url", what);
    let store =
        PhotoStore::open(&config.files.url, std::env::vars()).map_err(|error| unusable(error.to_string()))?;
    Ok(store.probe().await.map_err(|error| unusable(format!("cannot be written to: {error}")))?)
}

/// Credentials that can be read and used; nothing is sent.
fn gateways(config: &Config) -> Finding {
    // Nothing is signed here, so any secret will do.
    let secrets = Secrets::new(&"doctor ".repeat(8))?;
    sending::lines(config, &secrets, Arc::new(ProcessTokens::default())).map(drop)
}

fn mail_server(config: &Config) -> Finding {
    let Some(url) = &config.email.smtp_url else { return Ok(()) };
    let unusable = |what: String| ConfigError::setting("email.smtp_url", what);
    let url: Url = url.expose().parse().map_err(|_| unusable("is not a URL".into()))?;
    let host = url.host_str().ok_or_else(|| unusable("names no host".into()))?;
    let usual = match (url.scheme(), url.query()) {
        ("smtps", _) => 465,
        (_, Some(_)) => 587,
        _ => 25,
    };
    let address = (host, url.port().unwrap_or(usual))
        .to_socket_addrs()
        .ok()
        .and_then(|mut found| found.next())
        .ok_or_else(|| unusable("names a host that cannot be found".into()))?;
    let reached = TcpStream::connect_timeout(&address, PATIENCE);
    Ok(reached.map(drop).map_err(|error| unusable(format!("does not answer: {error}")))?)
}
