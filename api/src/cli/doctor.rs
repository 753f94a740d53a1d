//! `rathaus doctor`: reads every setting and looks at what it leads to, without starting anything.

use std::{net::TcpListener, path::Path};

use super::{Failure, logging};
use crate::config::{Config, ConfigError};

pub fn run(config: &Config) -> Result<(), Failure> {
    let findings = [
        ("log.level", logging::filter(&config.log).map(drop).map_err(|error| error.to_string())),
        ("http.listen", free(config.http.listen, "http.listen")),
        ("http.ops_listen", free(config.http.ops_listen, "http.ops_listen")),
        ("auth.secret", secret(config)),
        ("push", push(config)),
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
    match wrong {
        0 => Ok(()),
        one_or_more => Err(format!("{one_or_more} wrong").into()),
    }
}

fn free(address: std::net::SocketAddr, name: &str) -> Result<(), String> {
    TcpListener::bind(address)
        .map(drop)
        .map_err(|error| ConfigError::setting(name, format!("cannot be listened on: {error}")).to_string())
}

fn secret(config: &Config) -> Result<(), String> {
    match config.database.url.is_sqlite() {
        true => Ok(()),
        false => config.secret().map(drop).map_err(|error| error.to_string()),
    }
}

fn push(config: &Config) -> Result<(), String> {
    let files = config.push.apps.iter().flat_map(|(app, credentials)| {
        let fcm = credentials
            .fcm
            .iter()
            .map(move |fcm| (format!("push.apps.{app}.fcm.service_account"), &fcm.service_account));
        let apns = credentials.apns.iter().map(move |apns| (format!("push.apps.{app}.apns.key"), &apns.key));
        fcm.chain(apns)
    });
    let ca = config.push.ca_file.iter().map(|file| ("push.ca_file".to_owned(), file));
    files.chain(ca).try_for_each(|(name, file)| readable(file, &name))
}

fn readable(file: &Path, name: &str) -> Result<(), String> {
    std::fs::read(file).map(drop).map_err(|error| {
        ConfigError::setting(name, format!("names a file that cannot be read: {error}")).to_string()
    })
}
