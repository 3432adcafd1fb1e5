//! The command line: `serve` (the default), and what operators and admins do without a browser.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::run(cli::Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("formprogress: {error}");
            ExitCode::FAILURE
        }
    }
}
