//! Settings, out of Rocket's own Figment: defaults, then `Rocket.toml`, then `ROCKET_*`, then `FORMPROGRESS_*` and
//! `DATABASE_URL`. Whatever none of them knows stops the start.

use rocket::{
    config::LogLevel,
    data::ByteUnit,
    figment::{
        Figment, Profile, Provider,
        providers::{Env, Format, Serialized, Toml},
    },
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{db::DatabaseUrl, http::ServerKey, progress::writer};

/// The settings of the service itself, beside Rocket's (address, port, limits, …).
#[derive(Debug, Clone, Deserialize)]
pub struct Settings {
    /// `sqlite:PATH` or `postgres://USER@HOST/NAME`.
    #[serde(deserialize_with = "parsed")]
    pub database_url: DatabaseUrl,
    /// Origins whose pages may call the public routes; `*` for any.
    #[serde(deserialize_with = "comma_separated")]
    pub cors_origins: Vec<String>,
    /// When expired drafts are purged: cron with seconds first, in UTC. Empty for never.
    pub purge_schedule: String,
    /// Connections for reads.
    pub read_connections: u32,
    /// Writers that work side by side on PostgreSQL. SQLite always has one.
    pub postgres_writers: usize,
    /// Saves that may wait for each writer before others are turned away.
    pub queue_length: usize,
    /// Memory that waiting saves may hold on to.
    pub queue_memory: ByteUnit,
    /// Days for which the holder of a draft's id is told how the draft ended.
    pub ended_draft_days: u32,
    /// What the survey admin's own server shows to read and restore earlier states of drafts. None: nobody may.
    #[serde(deserialize_with = "server_key")]
    pub server_key: Option<ServerKey>,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Rocket's own: `off`, `critical`, `normal` or `debug`.
    pub log_level: LogLevel,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// One object a line, for machines.
    Json,
}

/// The defaults, and the complete list of the service's own settings.
#[derive(Serialize)]
struct Defaults {
    database_url: &'static str,
    cors_origins: &'static str,
    purge_schedule: &'static str,
    read_connections: u32,
    postgres_writers: usize,
    queue_length: usize,
    queue_memory: &'static str,
    ended_draft_days: u32,
    server_key: &'static str,
    log_format: LogFormat,
}

const DEFAULTS: Defaults = Defaults {
    database_url: "sqlite:formprogress.sqlite",
    cors_origins: "*",
    purge_schedule: "0 0 * * * *",
    read_connections: 8,
    postgres_writers: 1,
    queue_length: 4096,
    queue_memory: "32MiB",
    ended_draft_days: 7,
    server_key: "",
    log_format: LogFormat::Auto,
};

/// Settings that cannot be used, said in one line.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Nobody knows this key.
    #[error("unknown setting {0}: the README lists the settings")]
    Unknown(String),
    /// A value that is not what the setting takes.
    #[error("{0}")]
    Bad(String),
}

/// Where the settings come from.
pub fn figment() -> Figment {
    let rocket = rocket::Config { log_level: LogLevel::Normal, shutdown: patient(), ..rocket::Config::default() };
    Figment::from(rocket)
        .merge(Serialized::defaults(DEFAULTS))
        .merge(Toml::file(Env::var_or("ROCKET_CONFIG", "Rocket.toml")).nested())
        .merge(Env::prefixed("ROCKET_").ignore(&["PROFILE", "CONFIG"]).global())
        .merge(Env::prefixed("FORMPROGRESS_").global())
        .merge(Env::raw().only(&["DATABASE_URL"]).global())
        .select(Profile::from_env_or("ROCKET_PROFILE", rocket::Config::DEFAULT_PROFILE))
}

/// A request in flight at the end gets five seconds, rather than Rocket's two.
fn patient() -> rocket::config::Shutdown {
    rocket::config::Shutdown { grace: 5, ..Default::default() }
}

impl Settings {
    /// Reads and checks all settings, Rocket's own too.
    pub fn of(figment: &Figment) -> Result<Self, ConfigError> {
        refuse_unknown_keys(figment)?;
        let rockets: rocket::Config = figment.extract().map_err(bad)?;
        let settings: Self = figment.extract().map_err(bad)?;
        for (key, value) in [
            ("workers", rockets.workers),
            ("max_blocking", rockets.max_blocking),
            ("read_connections", settings.read_connections as usize),
            ("postgres_writers", settings.postgres_writers),
            ("queue_length", settings.queue_length),
            ("ended_draft_days", settings.ended_draft_days as usize),
        ] {
            if !(1..=100_000).contains(&value) {
                return Err(ConfigError::Bad(format!("setting {key}: must be from 1 to 100000")));
            }
        }
        Ok(settings)
    }

    /// How much may wait to be written.
    pub fn writer_limits(&self) -> writer::Limits {
        writer::Limits {
            writers: match self.database_url {
                DatabaseUrl::Sqlite(_) => 1,
                DatabaseUrl::Postgres(_) => self.postgres_writers,
            },
            queue_length: self.queue_length,
            // A semaphore counts it in KiB, and has an upper bound of its own.
            queue_bytes: usize::try_from(self.queue_memory.as_u64()).unwrap_or(usize::MAX).min(1 << 40),
            ended_days: self.ended_draft_days,
        }
    }
}

fn refuse_unknown_keys(figment: &Figment) -> Result<(), ConfigError> {
    let own: Vec<String> = Figment::from(Serialized::defaults(DEFAULTS))
        .data()
        .ok()
        .into_iter()
        .flat_map(|profiles| profiles.into_values().flat_map(|settings| settings.into_keys()))
        .collect();
    let profiles = figment.data().map_err(bad)?;
    for (key, value) in profiles.into_values().flatten() {
        // Rocket's own list lacks the two that it deprecates and renames.
        let rockets = rocket::Config::PARAMETERS.contains(&key.as_str()) || key == "secret_key" || key == "tls";
        if !rockets && !own.contains(&key) {
            return Err(ConfigError::Unknown(match figment.get_metadata(value.tag()) {
                // Figment names the variables by their prefix: "`ROCKET_` environment variable(s)".
                Some(metadata) if metadata.name.contains("environment") => {
                    let prefix = metadata.name.split('`').nth(1).unwrap_or_default();
                    format!("{prefix}{} in the environment", key.to_uppercase())
                }
                Some(metadata) => {
                    let place = metadata.source.as_ref().map_or_else(|| metadata.name.to_string(), ToString::to_string);
                    format!("{key} in {place}")
                }
                None => key,
            }));
        }
    }
    Ok(())
}

/// Figment's errors, in one line: what, where, and in which file or variable.
fn bad(error: rocket::figment::Error) -> ConfigError {
    let line = error.to_string().lines().map(str::trim).collect::<Vec<_>>().join(" ");
    ConfigError::Bad(match error.path.is_empty() {
        true => format!("the settings cannot be read (in Rocket.toml they stand under [default]): {line}"),
        false => format!("setting {}: {line}", error.path.join(".")),
    })
}

fn parsed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DatabaseUrl, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

fn server_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ServerKey>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Key {
        Text(String),
        // What looks like a number in the environment is read as one, and is too short for a key anyway.
        Number(serde::de::IgnoredAny),
    }
    match Key::deserialize(deserializer)? {
        Key::Text(text) if text.is_empty() => Ok(None),
        Key::Text(text) if text.len() >= ServerKey::SHORTEST => Ok(Some(ServerKey::of(&text))),
        Key::Text(_) | Key::Number(_) => {
            Err(serde::de::Error::custom("must have 32 characters at least, such as `openssl rand -hex 32` prints"))
        }
    }
}

fn comma_separated<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Origins {
        Text(String),
        List(Vec<String>),
    }
    let origins = match Origins::deserialize(deserializer)? {
        Origins::Text(text) => text.split(',').map(str::to_owned).collect(),
        Origins::List(list) => list,
    };
    let origins: Vec<String> = origins.iter().map(|origin| origin.trim().trim_end_matches('/').to_owned()).collect();
    match origins.iter().find(|origin| *origin != "*" && !origin.contains("://")) {
        Some(origin) => {
            Err(serde::de::Error::custom(format!("{origin:?} is not an origin such as https://forms.example.org")))
        }
        None => Ok(origins),
    }
}
