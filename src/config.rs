//! Settings, out of Rocket's own Figment: defaults, then `Rocket.toml`, then `ROCKET_*`, then `FORMPROGRESS_*` and
//! `DATABASE_URL`. Whatever none of them knows stops the start.

use ipnet::IpNet;
use rocket::{
    config::LogLevel,
    data::ByteUnit,
    figment::{
        Figment, Profile, Provider,
        providers::{Env, Format, Serialized, Toml},
    },
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    accounts::SessionLife,
    db::DatabaseUrl,
    jobs::Keeping,
    limits::{Policies, Quota},
    progress::writer,
};

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
    /// Where people reach the service, such as `https://forms.example.org`: for links, and for cookies. None: not known.
    #[serde(deserialize_with = "public_url")]
    pub public_url: Option<url::Url>,
    /// Minutes without a request after which a session ends.
    pub session_idle_minutes: u32,
    /// Hours after which a session ends in any case.
    pub session_hours: u32,
    /// Networks of proxies that are believed when they tell the client's address.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// Days for which events are kept; the figures that are made of them stay.
    pub event_days: u32,
    /// Days for which the audit log is kept.
    pub audit_days: u32,
    /// Whether the public routes have limits.
    pub rate_limits: bool,
    /// Writes of one draft.
    pub limit_draft: Quota,
    /// Requests of one address.
    pub limit_address: Quota,
    /// Requests with one API key.
    pub limit_key: Quota,
    /// Questions of one address about emails; a fifth of them may find nothing.
    pub limit_lookups: Quota,
    /// Questions of one address about guest codes; a thirtieth of them may find nothing.
    pub limit_guest_codes: Quota,
    /// Who may read `/metrics`.
    pub metrics_access: MetricsAccess,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Rocket's own: `off`, `critical`, `normal` or `debug`.
    pub log_level: LogLevel,
}

/// Who may read `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricsAccess {
    /// Whoever asks from this very machine, and callers with the power `metrics:read`.
    Local,
    /// Callers with the power `metrics:read`.
    Key,
    /// Anybody: for a service that only a private network can reach.
    Open,
    /// Nobody.
    Off,
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
    public_url: &'static str,
    session_idle_minutes: u32,
    session_hours: u32,
    trusted_proxies: &'static str,
    event_days: u32,
    audit_days: u32,
    rate_limits: bool,
    limit_draft: &'static str,
    limit_address: &'static str,
    limit_key: &'static str,
    limit_lookups: &'static str,
    limit_guest_codes: &'static str,
    metrics_access: MetricsAccess,
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
    public_url: "",
    session_idle_minutes: 120,
    session_hours: 12,
    trusted_proxies: "",
    event_days: 400,
    audit_days: 400,
    rate_limits: true,
    limit_draft: "120/60",
    limit_address: "60000/60",
    limit_key: "600000/60",
    limit_lookups: "6000/3600",
    limit_guest_codes: "3000/3600",
    metrics_access: MetricsAccess::Local,
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
            ("session_idle_minutes", settings.session_idle_minutes as usize),
            ("session_hours", settings.session_hours as usize),
            ("event_days", settings.event_days as usize),
            ("audit_days", settings.audit_days as usize),
        ] {
            if !(1..=100_000).contains(&value) {
                return Err(ConfigError::Bad(format!("setting {key}: must be from 1 to 100000")));
            }
        }
        Ok(settings)
    }

    /// How long sessions last.
    pub fn session_life(&self) -> SessionLife {
        SessionLife { idle_minutes: self.session_idle_minutes, hours: self.session_hours }
    }

    /// The limits of the public routes, if there are any.
    pub fn policies(&self) -> Option<Policies> {
        self.rate_limits.then(|| {
            let (guest_codes, lookups) = (self.limit_guest_codes, self.limit_lookups);
            Policies::new(self.limit_draft, self.limit_address, self.limit_key, lookups, guest_codes)
        })
    }

    /// For how long things are kept.
    pub fn keeping(&self) -> Keeping {
        Keeping { event_days: self.event_days, audit_days: self.audit_days, sessions: self.session_life() }
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

fn public_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<url::Url>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    let url = url::Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let wrong = || serde::de::Error::custom(format!("{text:?} is not an address such as https://forms.example.org"));
    url.map(Some).ok_or_else(wrong)
}

fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let network = |text: &String| {
        let one = text.parse::<std::net::IpAddr>().map(IpNet::from);
        text.parse()
            .or(one)
            .map_err(|_| serde::de::Error::custom(format!("{text:?} is not an address or network such as 10.0.0.0/8")))
    };
    list(deserializer)?.iter().map(network).collect()
}

/// Texts, separated by commas, or a list of them.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Texts {
        Text(String),
        List(Vec<String>),
    }
    let texts = match Texts::deserialize(deserializer)? {
        Texts::Text(text) => text.split(',').map(str::to_owned).collect(),
        Texts::List(list) => list,
    };
    Ok(texts.iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect())
}

fn comma_separated<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let origins: Vec<String> =
        list(deserializer)?.iter().map(|origin| origin.trim_end_matches('/').to_owned()).collect();
    if origins.is_empty() {
        return Err(serde::de::Error::custom("must name an origin at least, or be *"));
    }
    match origins.iter().find(|origin| *origin != "*" && !origin.contains("://")) {
        Some(origin) => {
            Err(serde::de::Error::custom(format!("{origin:?} is not an origin such as https://forms.example.org")))
        }
        None => Ok(origins),
    }
}
