//! Senders in processes of their own, so that what they cost is theirs.

use std::{io, process::Stdio, time::Instant};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::{io::AsyncWriteExt, process::Command};

use crate::process::{self, again};

/// What a sender did.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Sent {
    /// How many it sent, all of them accepted.
    pub sent: u32,
    pub seconds: f64,
    pub cpu_seconds: f64,
    pub mebibytes: f64,
}

/// Has this program once more do something in another role.
pub async fn ask(role: &str, input: &impl Serialize) -> Sent {
    let mut command = Command::from(again(role));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&serde_json::to_vec(input).unwrap()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{role} failed: {}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The process: its input from standard input, what it did on standard output.
pub fn answer<I: DeserializeOwned>(work: impl AsyncFnOnce(I) -> u32) {
    let input = serde_json::from_reader(io::stdin()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (began, cpu) = (Instant::now(), process::cpu_seconds("self"));
    let sent = runtime.block_on(work(input));
    let (seconds, cpu_seconds) = (began.elapsed().as_secs_f64(), process::cpu_seconds("self") - cpu);
    let sent = Sent { sent, seconds, cpu_seconds, mebibytes: process::peak_mebibytes("self") };
    serde_json::to_writer(io::stdout(), &sent).unwrap();
}
