//! Log lines, on standard error: one for each request, and what an operator should know.

use std::{io::IsTerminal, panic};

use crate::config::{LogFormat, Settings};
use rocket::config::LogLevel;
use tracing::Level;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt};

/// Starts logging. What is still to be written is written when the guard is dropped.
pub fn start(settings: &Settings) -> Result<WorkerGuard, tracing::subscriber::SetGlobalDefaultError> {
    // A terminal or a pipe that does not keep up must not hold up a save: past its buffer, lines are dropped.
    let (writer, guard) = NonBlockingBuilder::default().lossy(true).finish(std::io::stderr());
    let level = match settings.log_level {
        LogLevel::Off => None,
        LogLevel::Critical => Some(Level::WARN),
        LogLevel::Normal => Some(Level::INFO),
        LogLevel::Debug => Some(Level::DEBUG),
    };
    // Only our own lines: those of libraries may quote requests.
    let ours =
        Targets::new().with_target("formprogress", level.map_or(tracing::level_filters::LevelFilter::OFF, Into::into));
    let text = match settings.log_format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_target(false);
    let registry = tracing_subscriber::registry().with(ours);
    match text {
        true => {
            tracing::subscriber::set_global_default(registry.with(lines.with_ansi(std::io::stderr().is_terminal())))?
        }
        false => tracing::subscriber::set_global_default(registry.with(lines.json().flatten_event(true)))?,
    }
    // A panic's message may quote what it was working on: only its place is logged.
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
    Ok(guard)
}
