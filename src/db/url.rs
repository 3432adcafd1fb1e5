//! Which database: `sqlite:PATH` or `postgres://…`, decided by the scheme alone.

use std::{fmt, path::PathBuf, str::FromStr};

/// The address of the database, as an operator writes it in `DATABASE_URL`.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file, made on first use.
    Sqlite(PathBuf),
    /// A libpq connection URI.
    Postgres(String),
}

/// Why a text is not the address of a database.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum UrlError {
    /// Neither of the two schemes.
    #[error("the database must be sqlite:PATH or postgres://USER@HOST/NAME")]
    UnknownScheme,
    /// `sqlite:` without a file, or with something SQLite would read as an option.
    #[error("sqlite: needs the path of a file, as in sqlite:formprogress.sqlite (no :memory:, no ?options)")]
    NotAFile,
}

impl DatabaseUrl {
    /// Which of the two: `sqlite` or `postgres`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let text = text.trim();
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite:").ok_or(UrlError::UnknownScheme)?;
        // Other tools write sqlite://PATH. Taken literally, that would be a file in the root folder.
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.contains(['?', '\0']) || path.starts_with(":memory:") || path.starts_with("file:") {
            return Err(UrlError::NotAFile);
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }
}

impl fmt::Display for DatabaseUrl {
    /// The address without user, password and options: fit for a screen and a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(uri) => {
                let host_on = uri
                    .rsplit_once('@')
                    .map_or_else(|| uri.split_once("://").map_or("", |(_, rest)| rest), |(_, host_on)| host_on);
                write!(f, "postgres://{}", host_on.split('?').next().unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_decides_and_anything_else_is_refused() {
        let sqlite = |path: &str| Ok(DatabaseUrl::Sqlite(path.into()));
        assert_eq!("sqlite:a.sqlite".parse(), sqlite("a.sqlite"));
        assert_eq!("sqlite://a.sqlite".parse(), sqlite("a.sqlite"));
        assert_eq!("sqlite:///srv/a.sqlite".parse(), sqlite("/srv/a.sqlite"));
        assert!(matches!("postgresql://h/n".parse(), Ok(DatabaseUrl::Postgres(_))));
        for refused in ["", "a.sqlite", "postgre://h/n", "mysql://h/n", "/srv/a.sqlite"] {
            assert_eq!(refused.parse::<DatabaseUrl>(), Err(UrlError::UnknownScheme), "{refused}");
        }
        for refused in ["sqlite:", "sqlite::memory:", "sqlite:a?mode=ro", "sqlite:file:a"] {
            assert_eq!(refused.parse::<DatabaseUrl>(), Err(UrlError::NotAFile), "{refused}");
        }
    }

    #[test]
    fn no_password_reaches_the_screen() {
        let shown = |text: &str| text.parse::<DatabaseUrl>().expect("an address").to_string();
        assert_eq!(shown("postgres://ana:s3c@ret@db:5432/forms?sslmode=require"), "postgres://db:5432/forms");
        assert_eq!(shown("postgres://db/forms?password=x"), "postgres://db/forms");
    }
}
