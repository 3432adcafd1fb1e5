//! What admins do with drafts, whichever way they ask: the admin API and the pages are two ways to say the same.

use super::{
    Current, DraftId, Head, Previous, PreviousLine, Version,
    api::carry_out,
    headers::WriteHeaders,
    reader::Reader,
    search::Asked,
    store,
    world::Answered,
    writer::Writer,
    writes::{Act, By, Target},
};
use crate::{
    access::{Caller, caller::look},
    audit::{Entry, People},
    clock::Moment,
    db::{Database, Walked},
    http::{
        Fields, Parameter,
        list::{PAGE_PARAMETERS, Page},
    },
    problem::Problem,
    record::{self, Happened},
    timeline::{Order, Place},
};

/// Which drafts are listed, in which order, and which part of them.
pub struct Listing {
    /// Those that are searched for.
    pub asked: Asked,
    /// The order.
    pub order: Order,
    /// How many.
    pub page: Page,
    /// Behind which place.
    pub reached: Option<Place<DraftId>>,
}

/// The parameters of a list, beside the filters.
pub const LIST_PARAMETERS: [&str; 3] = ["sort", PAGE_PARAMETERS[0], PAGE_PARAMETERS[1]];

impl Listing {
    /// Of a query.
    pub fn of(mut fields: Fields<'_>) -> Result<Self, Problem> {
        let asked = Asked::of(&mut fields);
        let order = fields.optional("sort").unwrap_or(Order::NewestFirst);
        let page = Page::of(&mut fields);
        let reached = page.reached(&mut fields, order);
        fields.finish(Some(Self { asked, order, page, reached }))
    }
}

/// Searches drafts. A page may be short, or empty, and not be the last one: `next` alone says whether there are more.
pub async fn search(
    caller: &Caller,
    listing: Listing,
    database: &Database,
    writer: &Writer,
    people: &People,
) -> Result<Walked<Head, Place<DraftId>>, Problem> {
    let Listing { asked, order, page, reached } = listing;
    look(writer, asked.audited(|subject| caller.entry("draft.search", subject), people)).await?;
    let (filter, now, most) = (asked.within(&caller.grant), caller.now(), page.limit as usize);
    Ok(database.read(move |conn| store::search(conn, &filter, order, reached, most, now)).await?)
}

/// What is known beside a draft.
pub struct Beside {
    /// The earlier states that can be restored, the newest first.
    pub states: Vec<PreviousLine>,
    /// What became of it.
    pub history: Vec<Happened>,
}

/// Reads a draft with what is known beside it.
pub async fn read(
    caller: &Caller,
    id: DraftId,
    reader: &Reader<'_>,
    writer: &Writer,
) -> Result<(Current, Beside), Problem> {
    let current = reader.find_for(caller, id).await?;
    let head = &current.draft.head;
    look(writer, caller.entry("draft.read", id).about(head.survey_id, head.company_id)).await?;
    let beside = move |conn: &mut _| {
        Ok(Beside { states: store::previous_lines(conn, id)?, history: record::store::history(conn, id)? })
    };
    Ok((current, reader.database.read(beside).await?))
}

/// The earlier states of a draft, the newest first.
pub async fn states(
    caller: &Caller,
    id: DraftId,
    reader: &Reader<'_>,
    writer: &Writer,
) -> Result<Vec<Previous>, Problem> {
    let Head { survey_id, company_id, .. } = reader.find_for(caller, id).await?.draft.head;
    look(writer, caller.entry("draft.previous", id).about(survey_id, company_id)).await?;
    Ok(reader.database.read(move |conn| store::previous(conn, id)).await?)
}

/// The state that a draft had at this version, and the draft as it is, to be compared.
pub async fn compared(
    caller: &Caller,
    id: DraftId,
    version: Version,
    reader: &Reader<'_>,
    writer: &Writer,
) -> Result<(Previous, Current), Problem> {
    let current = reader.find_for(caller, id).await?;
    let (survey_id, company_id) = (current.draft.head.survey_id, current.draft.head.company_id);
    look(writer, caller.entry("draft.previous", id).about(survey_id, company_id)).await?;
    let state = reader.database.read(move |conn| store::previous_at(conn, id, version)).await?;
    let state = state.ok_or(Problem::StateNotFound)?;
    look(writer, caller.entry("draft.read", id).about(survey_id, company_id)).await?;
    Ok((state, current))
}

/// An audit entry for a change of a draft that the caller may see.
pub async fn entry_for(
    caller: &Caller,
    action: &'static str,
    id: DraftId,
    reader: &Reader<'_>,
) -> Result<Entry, Problem> {
    let (survey_id, company_id) = match reader.find(id).await {
        Ok(current) => {
            let Head { survey_id, company_id, .. } = current.draft.head;
            caller.sees(survey_id, company_id, Problem::DraftNotFound)?;
            (Some(survey_id), company_id)
        }
        // Of a draft that is not there, the writer knows more: how it ended, and whether this very request ended it.
        Err(Problem::DraftNotFound | Problem::DraftExpired | Problem::DraftSubmitted) => {
            reader.last_seen(caller, id).await?
        }
        Err(problem) => return Err(problem),
    };
    Ok(caller.entry(action, id).about(survey_id, company_id))
}

/// With what an act comes: on which version it insists, by which key it is recognised, and the text of its body.
pub struct Sent<'a> {
    /// The conditions and the key.
    pub headers: &'a WriteHeaders<'a>,
    /// The body, which the key is tied to.
    pub body: &'a str,
}

impl Sent<'_> {
    /// About how much memory the command holds on to while it waits.
    pub fn memory(&self) -> usize {
        2 * self.body.len()
    }

    async fn carry_out(
        &self,
        (kind, id): (&str, DraftId),
        entry: Entry,
        act: Act,
        problem: Option<Problem>,
        writer: &Writer,
    ) -> Result<Answered, Problem> {
        let by = By::Admin(Box::new(entry));
        let write = self.headers.write((kind, self.body), Target::Draft(id), by, act, problem.as_ref());
        carry_out(writer, self.memory(), write, problem).await
    }
}

/// The longest that a draft may be made to live on, in days from now: five years.
pub const LONGEST_DAYS: u32 = 1826;

/// Days for which a draft is to live on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(pub u32);

impl Parameter for Days {
    const NUMERIC: bool = true;

    fn parse(text: &str) -> Result<Self, &'static str> {
        let days = text.parse().ok().filter(|days| (1..=LONGEST_DAYS).contains(days));
        days.map(Self).ok_or("must be an integer from 1 to 1826")
    }
}

/// Until when a draft is asked to live on: so many `days` from now, or `until` a moment.
pub fn until_in(mut fields: Fields<'_>, now: Moment) -> Result<Moment, Problem> {
    let until = match (fields.optional::<Days>("days"), fields.optional::<Moment>("until")) {
        (Some(_), Some(_)) => {
            fields.note("until", "must not be there beside days");
            None
        }
        (Some(Days(days)), None) => Some(now.plus_days(days)),
        (None, Some(until)) if now < until && until <= now.plus_days(LONGEST_DAYS) => Some(until),
        (None, Some(_)) => {
            fields.note("until", "must be a moment in the next five years");
            None
        }
        (None, None) => {
            fields.note_unless_wrong("days", "is missing, and so is until");
            None
        }
    };
    fields.finish(until)
}

/// Lets a draft live on. Never shortens its life. What is wrong with the wish itself counts only if there is a draft.
pub async fn extend(
    id: DraftId,
    entry: Entry,
    until: Result<Moment, Problem>,
    now: Moment,
    sent: &Sent<'_>,
    writer: &Writer,
) -> Result<Answered, Problem> {
    let (until, problem) = (until.as_ref().map_or(now, |until| *until), until.err());
    sent.carry_out(("extend", id), entry.detail(format!("until {until}")), Act::Extend(until), problem, writer).await
}

/// Discards a draft: what was entered is lost.
pub async fn discard(id: DraftId, entry: Entry, sent: &Sent<'_>, writer: &Writer) -> Result<Answered, Problem> {
    sent.carry_out(("discard", id), entry, Act::Discard, None, writer).await
}

/// Brings an earlier state of a draft back, as its next version.
pub async fn restore(
    id: DraftId,
    entry: Entry,
    version: Result<Version, Problem>,
    sent: &Sent<'_>,
    writer: &Writer,
) -> Result<Answered, Problem> {
    let (version, problem) = (version.as_ref().map_or_else(|_| Version::default(), |version| *version), version.err());
    let entry = entry.detail(format!("version {}", version.0));
    sent.carry_out(("restore", id), entry, Act::Restore(version), problem, writer).await
}
