//! Commands of the real binary that end by themselves.

use std::{
    io::Write,
    process::{Output, Stdio},
};

use serde_json::Value;

use super::server::binary;

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Ended {
    pub success: bool,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `formprogress` with these arguments on this database, in an empty folder.
pub fn formprogress(database_url: &str, arguments: &[&str]) -> Ended {
    formprogress_with(arguments, &[("DATABASE_URL", database_url)], "")
}

/// The same with any environment variables, and something on standard input.
pub fn formprogress_with(arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Ended {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut process = binary()
        .args(arguments)
        .current_dir(folder.path())
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // It may end without reading.
    drop(process.stdin.take().expect("its input is a pipe").write_all(input.as_bytes()));
    process.wait_with_output().expect("the command ends").into()
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the command speaks UTF-8");
        Self { success: output.status.success(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Ended {
    /// The command, which must have done its work without a complaint.
    #[track_caller]
    pub fn expect_success(self) -> Self {
        assert!(self.success, "{self:?}");
        assert_eq!(self.stderr, "");
        self
    }

    /// The command, which must have failed with one clear line that says this.
    #[track_caller]
    pub fn expect_refusal(self, saying: &str) -> Self {
        assert!(!self.success, "{self:?}");
        assert_eq!(self.stderr.trim_end().lines().count(), 1, "one line: {self:?}");
        assert!(self.stderr.starts_with("formprogress: "), "{self:?}");
        assert!(self.stderr.contains(saying), "{saying:?} in {self:?}");
        self
    }

    /// What it printed with `--json`.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}
