//! Starts the telephone provider by hand.

use std::{error::Error, net::SocketAddr};

use clap::Parser;
use simulators::{
    telephony::{Config, TelephonySimulator},
    watch,
};

/// A stand-in for Twilio that checks every message and call, shows it, and plays calls.
#[derive(Parser)]
struct Arguments {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:2010")]
    listen: SocketAddr,
    /// The account.
    #[arg(long)]
    account_sid: Option<String>,
    /// Its token.
    #[arg(long)]
    auth_token: Option<String>,
    /// One JSON object per request instead of one line of text.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let mut config = Config { address: arguments.listen, ..Config::default() };
    config.account_sid = arguments.account_sid.unwrap_or(config.account_sid);
    config.auth_token = arguments.auth_token.unwrap_or(config.auth_token);
    let simulator = TelephonySimulator::start(config).await?;
    eprintln!("Telephone simulator on {}", simulator.base_url());
    eprintln!("  account {}, token {}", simulator.account_sid(), simulator.auth_token());
    eprintln!("Ctrl-C stops it. README.md has curl lines.");
    watch::print_requests(&simulator, arguments.json).await;
    simulator.stop().await;
    Ok(())
}
