//! What may be done with a draft. Each act asks first, and names the version of the draft that was looked at, so that nobody
//! overwrites what the participant saves meanwhile.

mod discard;
mod extend;
mod restore;
mod submit;

use rocket::Route;

use crate::{
    access::Caller,
    http::Fields,
    pages::Entries,
    problem::Problem,
    progress::{Current, DraftId, Version, headers::WriteHeaders, reader::Reader},
};

/// The routes of these pages.
pub fn routes() -> Vec<Route> {
    [extend::routes(), discard::routes(), submit::routes(), restore::routes()].concat()
}

/// The field, or the parameter of an address, that names the version which was looked at.
const SEEN: &str = "seen";

/// The draft that an act is asked for, if it is still the one that was looked at.
async fn looked_at(
    caller: &Caller,
    id: DraftId,
    mut asked: Fields<'_>,
    reader: &Reader<'_>,
) -> Result<Current, Problem> {
    let seen = asked.optional::<Version>(SEEN);
    asked.finish(Some(()))?;
    let current = reader.find_for(caller, id).await?;
    match seen {
        Some(seen) if seen != current.draft.head.version => Err(Problem::VersionMismatch(None)),
        _ => Ok(current),
    }
}

/// The version that a posted form was made for: the act insists on it.
fn insisting(entries: &Entries) -> Result<WriteHeaders<'static>, Problem> {
    let mut fields = entries.fields();
    let seen = fields.required::<Version>(SEEN);
    fields.finish(seen).map(WriteHeaders::insisting_on)
}
