//! This program once more, as a process of its own, and what the system says about it.

use std::{
    env, fs, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::net::TcpStream;

use crate::eventually::eventually;

/// Ticks of a processor's time in a second, as `/proc` counts them: fixed on Linux (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// A server that ends with this value.
pub struct Server {
    pub address: SocketAddr,
    child: Child,
}

/// This program with another first argument.
pub fn again(role: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.arg(role);
    command
}

/// An address on the loopback that nobody listens at.
pub fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

impl Server {
    /// Starts the server and waits until it answers at `address`.
    pub async fn start(command: &mut Command, address: SocketAddr) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        let mut server = Self { address, child };
        eventually("the server to answer", Duration::from_secs(60), async || {
            let ended = server.child.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended: {ended:?}");
            TcpStream::connect(address).await.ok()
        })
        .await;
        server
    }

    /// Processor time used so far, in seconds.
    pub fn cpu_seconds(&self) -> f64 {
        cpu_seconds(&self.child.id().to_string())
    }

    /// The most memory ever resident, in MiB.
    pub fn peak_mebibytes(&self) -> f64 {
        peak_mebibytes(&self.child.id().to_string())
    }

    /// Waits until what was put off is done: until hardly any processor time goes by.
    pub async fn settle(&self) {
        let pause = Duration::from_millis(100);
        eventually("the server to come to rest", Duration::from_secs(60), async || {
            let before = self.cpu_seconds();
            tokio::time::sleep(pause).await;
            (self.cpu_seconds() - before <= 0.01).then_some(())
        })
        .await;
    }
}

/// Processor time a process used so far, in seconds; `self` is this one.
pub fn cpu_seconds(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The name of the program stands in brackets and may hold blanks. Fields 14 and 15 of proc(5).
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |index: usize| fields[index].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / TICKS_PER_SECOND
}

/// The most memory a process ever had resident, in MiB.
pub fn peak_mebibytes(process: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

impl Drop for Server {
    fn drop(&mut self) {
        let killed: io::Result<()> = self.child.kill();
        killed.and_then(|()| self.child.wait()).ok();
    }
}
