//! All queries about API keys.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::{ApiKey, KeyId, Kind, Name, rules::Wrong};
use crate::{
    access::{Grant, Power, Reach, Secret, SecretDigest},
    audit::{self, Entry, Subject},
    clock::Moment,
    companies::CompanyId,
    db::{
        Conn,
        schema::{api_keys, companies, surveys},
    },
    on_backend,
    surveys::SurveyId,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys)]
struct Row {
    id: i64,
    kind: String,
    name: String,
    digest: Vec<u8>,
    hint: String,
    origins: Option<String>,
    powers: String,
    surveys: Option<String>,
    companies: Option<String>,
    created_at: Moment,
    used_at: Option<Moment>,
    revoked_at: Option<Moment>,
}

impl From<Row> for (SecretDigest, ApiKey) {
    fn from(row: Row) -> Self {
        let kind = match row.kind.as_str() {
            "site" => Kind::Site { origins: row.origins.as_deref().map(words) },
            _ => Kind::Server {
                grant: Grant {
                    powers: row.powers.split_whitespace().filter_map(|power| power.parse::<Power>().ok()).collect(),
                    surveys: Reach::<SurveyId>::from_stored(row.surveys.as_deref()),
                    companies: Reach::<CompanyId>::from_stored(row.companies.as_deref()),
                },
            },
        };
        let key = ApiKey {
            id: KeyId(row.id),
            name: row.name,
            hint: row.hint,
            kind,
            created_at: row.created_at,
            used_at: row.used_at,
            revoked_at: row.revoked_at,
        };
        (SecretDigest::from_stored(&row.digest), key)
    }
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// All keys, revoked ones too, in the order of their ids, each with the digest by which it is recognised.
pub fn all(conn: &mut Conn) -> QueryResult<Vec<(SecretDigest, ApiKey)>> {
    let query = api_keys::table.order(api_keys::id);
    let rows: Vec<Row> = on_backend!(conn => query.select(Row::as_select()).load(conn))?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// A page of the keys, revoked ones too, in the order of their ids, behind this one.
pub fn page(conn: &mut Conn, after: KeyId, limit: i64) -> QueryResult<Vec<ApiKey>> {
    let query = api_keys::table.filter(api_keys::id.gt(after.0)).order(api_keys::id).limit(limit);
    let rows: Vec<Row> = on_backend!(conn => query.select(Row::as_select()).load(conn))?;
    Ok(rows.into_iter().map(|row| <(SecretDigest, ApiKey)>::from(row).1).collect())
}

/// One key.
pub fn find(conn: &mut Conn, id: KeyId) -> QueryResult<Option<ApiKey>> {
    let query = api_keys::table.find(id.0);
    let row: Option<Row> = on_backend!(conn => query.select(Row::as_select()).get_result(conn)).optional()?;
    Ok(row.map(|row| <(SecretDigest, ApiKey)>::from(row).1))
}

/// The names of these keys, with their ids.
pub fn names(conn: &mut Conn, ids: &[i64]) -> QueryResult<Vec<(i64, String)>> {
    let query = api_keys::table.filter(api_keys::id.eq_any(ids)).select((api_keys::id, api_keys::name));
    on_backend!(conn => query.load(conn))
}

/// Revokes a key, with what the audit log will say of it: some if there is one, true if it was valid until now.
pub fn revoke(conn: &mut Conn, id: KeyId, entry: &Entry) -> QueryResult<Option<bool>> {
    let valid = api_keys::table.find(id.0).filter(api_keys::revoked_at.is_null());
    let now = Some(entry.at);
    if on_backend!(conn => diesel::update(valid).set(api_keys::revoked_at.eq(now)).execute(conn))? > 0 {
        audit::store::add(conn, entry)?;
        return Ok(Some(true));
    }
    let known: i64 = on_backend!(conn => api_keys::table.find(id.0).count().get_result(conn))?;
    Ok((known > 0).then_some(false))
}

/// Notes that a key was used.
pub fn used(conn: &mut Conn, id: KeyId, now: Moment) -> QueryResult<()> {
    let key = api_keys::table.find(id.0);
    on_backend!(conn => diesel::update(key).set(api_keys::used_at.eq(Some(now))).execute(conn)).map(drop)
}

/// What is wrong with the limits of a key that is to be made: a limit to something that is not there is a typing error.
pub fn strange_limits(conn: &mut Conn, kind: &Kind) -> QueryResult<Vec<Wrong>> {
    let Kind::Server { grant } = kind else { return Ok(Vec::new()) };
    let mut wrong = Vec::new();
    let asked = grant.surveys.ids().unwrap_or_default();
    let query = surveys::table.filter(surveys::id.eq_any(&asked));
    let known: i64 = on_backend!(conn => query.count().get_result(conn))?;
    if known < asked.len() as i64 {
        wrong.push(("surveys", "must be ids of surveys that there are"));
    }
    let asked = grant.companies.ids().unwrap_or_default();
    let query = companies::table.filter(companies::id.eq_any(&asked));
    let known: i64 = on_backend!(conn => query.count().get_result(conn))?;
    if known < asked.len() as i64 {
        wrong.push(("companies", "must be ids of companies that there are"));
    }
    Ok(wrong)
}

/// Makes a key, with what the audit log will say of it. Gives it back with the secret, which nobody can find out later.
pub fn make(conn: &mut Conn, name: &Name, kind: Kind, mut entry: Entry) -> QueryResult<(Secret, ApiKey)> {
    let (secret, key) = add(conn, &name.0, kind, entry.at)?;
    entry.subject = Subject::one("key", key.id.0).0;
    audit::store::add(conn, &entry)?;
    Ok((secret, key))
}

/// Adds a key. Gives it back with the secret, which nobody can find out later.
pub fn add(conn: &mut Conn, name: &str, kind: Kind, now: Moment) -> QueryResult<(Secret, ApiKey)> {
    let secret = Secret::random(kind.prefix());
    let hint: String = secret.reveal().chars().take(kind.prefix().len() + 4).collect();
    let (origins, grant) = match &kind {
        Kind::Site { origins } => {
            let origins = origins.as_ref();
            (origins.map(|origins| origins.iter().map(String::as_str).collect::<Vec<_>>().join(" ")), None)
        }
        Kind::Server { grant } => (None, Some(grant)),
    };
    let powers = grant.map_or_else(String::new, |grant| {
        grant.powers.iter().map(|power| power.as_str()).collect::<Vec<_>>().join(" ")
    });
    let digest = secret.digest();
    let values = (
        api_keys::kind.eq(kind.as_str()),
        api_keys::name.eq(name),
        api_keys::digest.eq(&digest.0[..]),
        api_keys::hint.eq(&hint),
        api_keys::origins.eq(origins),
        api_keys::powers.eq(powers),
        api_keys::surveys.eq(grant.and_then(|grant| grant.surveys.as_stored())),
        api_keys::companies.eq(grant.and_then(|grant| grant.companies.as_stored())),
        api_keys::created_at.eq(now),
    );
    let id: i64 = on_backend!(conn => diesel::insert_into(api_keys::table)
        .values(values)
        .returning(api_keys::id)
        .get_result(conn))?;
    let key =
        ApiKey { id: KeyId(id), name: name.to_owned(), hint, kind, created_at: now, used_at: None, revoked_at: None };
    Ok((secret, key))
}
