//! The real binary as a process of its own: what can be killed, signalled, and run twice on one database.

use std::{
    fs::File,
    ops::Deref,
    process::{Child, Command, ExitStatus, Stdio},
};

use tempfile::TempDir;

use super::{Client, deadline};

/// A process that serves. It is its own client, and is killed when its test is over.
pub struct Server {
    client: Client,
    process: Child,
    banner: String,
    folder: TempDir,
}

impl Server {
    pub fn start(database_url: &str) -> Self {
        Self::start_with(database_url, &[], &[])
    }

    /// With arguments and further environment variables.
    pub fn start_with(database_url: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = |name| File::create(folder.path().join(name)).expect("a file for what it says");
        let mut process = binary()
            .args(arguments)
            .current_dir(folder.path())
            .env("DATABASE_URL", database_url)
            .env("ROCKET_PORT", "0")
            .env("FORMPROGRESS_PURGE_SCHEDULE", "")
            // Storms come from one address.
            .env("FORMPROGRESS_RATE_LIMITS", "false")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(file(OUTPUT))
            .stderr(file(LOG))
            .spawn()
            .expect("the binary starts");
        let (banner, port) = deadline::until_blocking("the server is up", || {
            if process.try_wait().expect("it is our child").is_some() {
                panic!("the server ended before it was up: {}{}", read(&folder, OUTPUT), read(&folder, LOG));
            }
            let output = read(&folder, OUTPUT);
            port_in(&output).map(|port| (output, port))
        });
        let client = Client::new();
        client.point_at(port);
        Self { client, process, banner, folder }
    }

    /// A client for a task of its own.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// What it printed when it had started.
    pub fn banner(&self) -> &str {
        &self.banner
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        read(&self.folder, LOG)
    }

    /// What it has printed so far: the banner, and nothing else.
    pub fn printed(&self) -> String {
        read(&self.folder, OUTPUT)
    }

    /// `kill -9`: it has no time for anything.
    pub fn kill(mut self) {
        self.process.kill().expect("the process can be killed");
        self.process.wait().expect("the process ends");
    }

    /// SIGTERM, as a service manager sends it.
    pub fn terminate(&self) {
        let sent = Command::new("kill").arg("-TERM").arg(self.process.id().to_string()).status();
        assert!(sent.expect("there is a kill command").success());
    }

    /// Waits for its own end.
    pub fn wait(&mut self) -> ExitStatus {
        deadline::until_blocking("the server ends", || self.process.try_wait().expect("it is our child"))
    }
}

impl Deref for Server {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The binary, with no setting from the environment of whoever runs the tests.
pub fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_formprogress"));
    for (name, _) in std::env::vars_os() {
        let ours = name.to_str().is_some_and(|name| {
            ["ROCKET_", "FORMPROGRESS_", "DATABASE_URL", "PG"].iter().any(|prefix| name.starts_with(prefix))
        });
        if ours {
            command.env_remove(name);
        }
    }
    command
}

/// Its standard error.
const LOG: &str = "log";

/// Its standard output.
const OUTPUT: &str = "output";

fn read(folder: &TempDir, file: &str) -> String {
    std::fs::read_to_string(folder.path().join(file)).expect("what a server says is text")
}

/// The port that the system chose, once the banner is complete: it ends with what to do next.
fn port_in(output: &str) -> Option<u16> {
    let (_, after) = output.split_once("listening  http://127.0.0.1:")?;
    let complete = after.ends_with('\n') && after.contains("\n  next ");
    complete.then(|| after.lines().next().expect("a line").parse().expect("a port"))
}
