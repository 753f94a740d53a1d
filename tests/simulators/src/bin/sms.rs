//! Starts the text message gateway by hand.

use std::{error::Error, net::SocketAddr};

use clap::Parser;
use simulators::{
    sms::{Config, SmsSimulator},
    watch,
};

/// A stand-in for Kannel that checks every message, shows it and reports that it arrived.
#[derive(Parser)]
struct Arguments {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:2013")]
    listen: SocketAddr,
    /// One JSON object per message instead of one line of text.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let simulator = SmsSimulator::start(Config { address: arguments.listen, ..Config::default() }).await?;
    eprintln!("SMS simulator on {}, user rathaus, password simulated", simulator.url());
    eprintln!("Ctrl-C stops it. README.md has a curl line.");
    watch::print_requests(&simulator, arguments.json).await;
    simulator.stop().await;
    Ok(())
}
