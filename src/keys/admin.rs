//! What owners do with API keys, whichever way they ask: the admin API and the pages are two ways to say the same.

use super::{
    ApiKey, KeyId, Kind, Name, Ring,
    rules::{self, Asked as AskedKey, Wrong},
    store,
};
use crate::{
    access::{Caller, Power, Secret},
    audit::Subject,
    db::Database,
    http::{Fields, Parameter, list::Page},
    problem::{FieldError, Problem},
    progress::writer::Writer,
};

/// Which part of the list.
pub struct Asked {
    /// How many.
    pub page: Page,
    after: KeyId,
}

impl Asked {
    /// Of a query.
    pub fn of(mut fields: Fields<'_>) -> Result<Self, Problem> {
        let page = Page::of(&mut fields);
        fields.finish(Some(()))?;
        let after = KeyId(page.after.as_ref().and_then(|after| after.part(0)).unwrap_or_default());
        Ok(Self { page, after })
    }
}

/// Keys in the order in which they were made, revoked ones too: one more than the page has, if there are so many.
pub async fn list(asked: &Asked, database: &Database) -> Result<Vec<ApiKey>, Problem> {
    let (after, most) = (asked.after, asked.page.one_more());
    Ok(database.read(move |conn| store::page(conn, after, most)).await?)
}

/// Whether there is no key, and never was one: with the first the public routes close.
pub async fn would_be_first(database: &Database) -> Result<bool, Problem> {
    Ok(database.read(|conn| store::page(conn, KeyId(0), 1)).await?.is_empty())
}

/// One key.
pub async fn find(id: KeyId, database: &Database) -> Result<ApiKey, Problem> {
    database.read(move |conn| store::find(conn, id)).await?.ok_or(Problem::KeyNotFound)
}

/// The name of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KindName {
    /// A site's.
    Site,
    /// A server's.
    Server,
}

impl Parameter for KindName {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "site" => Ok(Self::Site),
            "server" => Ok(Self::Server),
            _ => Err("must be site or server"),
        }
    }
}

/// A key that is to be made. What is none was not given, or is wrong, which the fields know already.
pub struct NewKey {
    /// What it is for.
    pub name: Option<Name>,
    /// Which kind.
    pub kind: Option<KindName>,
    /// What else it is to be.
    pub asked: AskedKey,
}

/// Makes the key that was taken out of these fields.
pub async fn make(
    caller: &Caller,
    mut fields: Fields<'_>,
    NewKey { name, kind, asked }: NewKey,
    (database, writer, ring): (&Database, &Writer, &Ring),
) -> Result<(Secret, ApiKey), Problem> {
    // Of a key of no kind, nobody knows what it may have.
    let judged = kind.map(|_| rules::kind_of(asked)).transpose().unwrap_or_else(|wrong| {
        wrong.into_iter().for_each(|(part, detail)| fields.note_unless_wrong(part, detail));
        None
    });
    let (name, kind) = fields.finish(name.zip(judged))?;
    let sought = kind.clone();
    let strange = database.read(move |conn| store::strange_limits(conn, &sought)).await?;
    if !strange.is_empty() {
        let error = |(part, detail): &Wrong| FieldError::at(&format!("/{part}"), *detail);
        return Err(Problem::InvalidRequest(strange.iter().map(error).collect()));
    }
    let entry = caller.entry("key.create", Subject::all("key")).detail(described(&kind));
    let made = writer.change(move |conn| store::make(conn, &name, kind, entry)).await?;
    ring.read().await?;
    Ok(made)
}

/// Revokes a key: it is refused from now on. Tells whether it was valid until then.
pub async fn revoke(caller: &Caller, id: KeyId, writer: &Writer, ring: &Ring) -> Result<bool, Problem> {
    let entry = caller.entry("key.revoke", Subject::one("key", id.0));
    let revoked = writer.change(move |conn| store::revoke(conn, id, &entry)).await?;
    let was_valid = revoked.ok_or(Problem::KeyNotFound)?;
    ring.read().await?;
    Ok(was_valid)
}

/// What the audit log says of a new key.
pub fn described(kind: &Kind) -> String {
    match kind {
        Kind::Site { origins } => {
            let origins = origins.iter().flatten().map(String::as_str).collect::<Vec<_>>();
            format!("site, origins: {}", if origins.is_empty() { "any".into() } else { origins.join(" ") })
        }
        Kind::Server { grant } => {
            let powers: Vec<&str> = grant.powers.iter().map(|power| power.as_str()).collect();
            let all = || "all".to_owned();
            format!(
                "server, powers: {}; surveys: {}; companies: {}",
                powers.join(" "),
                grant.surveys.as_stored().unwrap_or_else(all),
                grant.companies.as_stored().unwrap_or_else(all)
            )
        }
    }
}

/// A request, for a command line, that the key may make and that changes nothing; none for a key that may do nothing of the
/// kind. `link` tells where a path of ours is.
pub fn example(secret: &Secret, kind: &Kind, link: impl Fn(&str) -> String) -> Option<String> {
    let (path, origin) = match kind {
        Kind::Site { origins } => ("/api/surveys/1", origins.iter().flatten().next()),
        Kind::Server { grant } => {
            let paths = [
                (Power::Participate, "/api/surveys/1"),
                (Power::Figures, "/api/admin/surveys"),
                (Power::ReadDrafts, "/api/admin/drafts"),
                (Power::ReadSubmissions, "/api/admin/submissions"),
                (Power::Metrics, "/metrics"),
            ];
            (paths.into_iter().find(|(power, _)| grant.may(*power)).map(|(_, path)| path)?, None)
        }
    };
    let origin = origin.map(|origin| format!(" -H 'Origin: {origin}'")).unwrap_or_default();
    Some(format!("curl -H 'Authorization: Bearer {}'{origin} {}", secret.reveal(), link(path)))
}
