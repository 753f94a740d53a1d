//! Starts the APNs simulator by hand.

use std::{error::Error, net::SocketAddr, path::PathBuf, sync::Arc};

use clap::Parser;
use simulators::{
    Authority,
    apns::{ApnsSimulator, Config, Credentials},
    watch,
};

/// A stand-in for Apple's push service that checks everything and shows what came in.
#[derive(Parser)]
struct Arguments {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:2197")]
    listen: SocketAddr,
    /// Where the certificate authority and the credentials are kept; they are made when missing.
    #[arg(long, default_value = "data/simulators")]
    folder: PathBuf,
    /// The app's bundle id.
    #[arg(long, default_value = "org.example.rathaus")]
    topic: String,
    /// One JSON object per request instead of one line of text.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    std::fs::create_dir_all(&arguments.folder)?;
    let config = Config {
        address: arguments.listen,
        authority: Some(Arc::new(Authority::load_or_generate(&arguments.folder)?)),
        credentials: Some(Credentials::load_or_generate(&arguments.folder, &arguments.topic)?),
        ..Config::default()
    };
    let simulator = ApnsSimulator::start(config).await?;
    let (credentials, folder) = (simulator.credentials(), arguments.folder.display());
    eprintln!("APNs simulator on {}", simulator.base_url());
    eprintln!("  trust     {folder}/ca.pem");
    eprintln!("  key       {folder}/AuthKey_{}.p8", credentials.key_id);
    eprintln!(
        "  key id    {}   team id {}   topic {}",
        credentials.key_id, credentials.team_id, credentials.topic
    );
    eprintln!("For the next hour:");
    eprintln!(
        "curl --cacert {folder}/ca.pem -i -H 'authorization: bearer {}' -H 'apns-topic: {}' -H 'apns-push-type: alert' \
         -H 'apns-priority: 10' -H 'apns-expiration: 0' -d '{{\"aps\":{{\"alert\":\"Hallo\"}}}}' {}/3/device/{}",
        credentials.provider_token()?,
        credentials.topic,
        simulator.base_url(),
        "a1".repeat(32),
    );
    eprintln!("Ctrl-C stops it. Magic device tokens are in README.md.");
    watch::print_requests(&simulator, arguments.json).await;
    simulator.stop().await;
    Ok(())
}
