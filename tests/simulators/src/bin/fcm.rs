//! Starts the FCM simulator by hand.

use std::{error::Error, net::SocketAddr, path::PathBuf, sync::Arc};

use clap::Parser;
use simulators::{
    Authority,
    fcm::{Config, FcmSimulator, ServiceAccount},
    watch,
};

/// A stand-in for Firebase Cloud Messaging and its token endpoint that checks everything and shows what came in.
#[derive(Parser)]
struct Arguments {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:2198")]
    listen: SocketAddr,
    /// Where the certificate authority and the service account are kept; they are made when missing.
    #[arg(long, default_value = "data/simulators")]
    folder: PathBuf,
    /// The Firebase project.
    #[arg(long, default_value = "rathaus-simulated")]
    project: String,
    /// One JSON object per message instead of one line of text.
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
        account: Some(ServiceAccount::load_or_generate(&arguments.folder, &arguments.project)?),
        ..Config::default()
    };
    let simulator = FcmSimulator::start(config).await?;
    simulator.account().save(&arguments.folder)?;
    let folder = arguments.folder.display();
    eprintln!("FCM simulator on {}", simulator.base_url());
    eprintln!("  trust            {folder}/ca.pem");
    eprintln!(
        "  service account  {folder}/fcm-service-account.json (project {})",
        simulator.account().project_id
    );
    eprintln!("For the next hour:");
    eprintln!(
        "curl --cacert {folder}/ca.pem -i -H 'authorization: Bearer {}' -H 'content-type: application/json' \
         -d '{{\"message\":{{\"token\":\"sim-phone-1\",\"notification\":{{\"title\":\"Hallo\"}}}}}}' \
         {}/v1/projects/{}/messages:send",
        simulator.issue_access_token(),
        simulator.base_url(),
        simulator.account().project_id,
    );
    eprintln!("Ctrl-C stops it. Magic device tokens are in README.md.");
    watch::print_requests(&simulator, arguments.json).await;
    simulator.stop().await;
    Ok(())
}
