//! Adding events, reading them back, and forgetting them in the end.

use diesel::{
    prelude::*,
    result::Error,
    sql_types::{Array, BigInt, Integer, Nullable, Text},
};

use crate::{
    clock::Moment,
    companies::CompanyId,
    db::{
        Conn, OverColumns,
        schema::{progress_events, rollup_state},
        types, write_rows,
    },
    on_backend,
    progress::{DraftId, Screen},
    record::{Course, Event, Kind, What},
    surveys::SurveyId,
};

/// An event as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = progress_events)]
pub struct EventRow {
    /// Its number. A later event of a draft has a higher one.
    pub id: i64,
    /// When it happened.
    pub at: Moment,
    /// What happened: see [`What::as_str`].
    pub kind: String,
    /// The survey.
    pub survey_id: i64,
    /// The company that the draft was linked with from then on, or to its end.
    pub company_id: Option<i64>,
    /// The draft.
    pub draft_id: DraftId,
    /// When the draft began.
    pub started_at: Option<Moment>,
    /// The furthest screen of the draft.
    pub screen: Option<i32>,
    /// The furthest one before, where a further one was entered.
    pub from_screen: Option<i32>,
    /// The company before, where the draft was linked with one.
    pub from_company_id: Option<i64>,
}

impl TryFrom<&EventRow> for Event {
    type Error = Error;

    fn try_from(row: &EventRow) -> Result<Self, Error> {
        let what = match (row.kind.as_str(), row.from_screen) {
            ("started", _) => What::Started,
            ("company_linked", _) => What::CompanyLinked(row.from_company_id.map(CompanyId)),
            ("screen_entered", Some(from)) => What::ScreenEntered(Screen(from)),
            ("resumed", _) => What::Resumed,
            ("submitted", _) => What::Submitted,
            ("expired", _) => What::Expired,
            ("discarded", _) => What::Discarded,
            ("erased", _) => What::Erased,
            _ => return Err(Error::DeserializationError("an event of an unknown kind".into())),
        };
        let course = row.started_at.zip(row.screen);
        Ok(Self {
            at: row.at,
            what,
            survey_id: SurveyId(row.survey_id),
            company_id: row.company_id.map(CompanyId),
            draft_id: row.draft_id,
            course: course.map(|(started_at, screen)| Course { started_at, screen: Screen(screen) }),
        })
    }
}

/// Which events.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Of these surveys; none for all.
    pub surveys: Option<Vec<i64>>,
    /// Of these companies; none for all, and for what belongs to no company.
    pub companies: Option<Vec<i64>>,
    /// Of this draft.
    pub draft_id: Option<DraftId>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Not before this moment.
    pub from: Option<Moment>,
    /// Before this moment.
    pub before: Option<Moment>,
}

/// The next events behind an id, in the order of their ids.
pub fn events(conn: &mut Conn, filter: &EventFilter, after: i64, limit: i64) -> QueryResult<Vec<EventRow>> {
    on_backend!(conn => {
        let mut query = progress_events::table.filter(progress_events::id.gt(after)).into_boxed();
        // One survey and not a list of one: only so the index gives them in the order of their ids.
        query = match filter.surveys.as_deref() {
            Some([survey_id]) => query.filter(progress_events::survey_id.eq(*survey_id)),
            Some(some) => query.filter(progress_events::survey_id.eq_any(some.to_vec())),
            None => query,
        };
        if let Some(companies) = filter.companies.clone() {
            query = query.filter(progress_events::company_id.eq_any(companies));
        }
        if let Some(draft_id) = filter.draft_id {
            query = query.filter(progress_events::draft_id.eq(draft_id));
        }
        if let Some(Kind(kind)) = filter.kind {
            query = query.filter(progress_events::kind.eq(kind));
        }
        if let Some(from) = filter.from {
            query = query.filter(progress_events::at.ge(from));
        }
        if let Some(before) = filter.before {
            query = query.filter(progress_events::at.lt(before));
        }
        query.order(progress_events::id).limit(limit).select(EventRow::as_select()).load(conn)
    })
}

/// Forgets up to `limit` of the oldest events, if they are from before this moment and are in the sums. Tells how many. To
/// be run in a write transaction.
///
/// An event is not forgotten before those that were written earlier. The moment of some is earlier than that of their
/// writing (an expiry is written by the purge), and never later.
pub fn forget(conn: &mut Conn, until: Moment, limit: i64) -> QueryResult<usize> {
    let folded_to: i64 =
        on_backend!(conn => rollup_state::table.find(1).select(rollup_state::folded_to).get_result(conn))?;
    let query = progress_events::table
        .filter(progress_events::id.le(folded_to))
        .order(progress_events::id)
        .limit(limit)
        .select((progress_events::id, progress_events::at));
    let oldest: Vec<(i64, Moment)> = on_backend!(conn => query.load(conn))?;
    let Some((last, _)) = oldest.into_iter().take_while(|(_, at)| *at < until).last() else { return Ok(0) };
    on_backend!(conn => diesel::delete(progress_events::table.filter(progress_events::id.le(last))).execute(conn))
}

/// Adds events, in the order in which they happened and in the transaction of what they tell of.
pub fn add(conn: &mut Conn, events: &[Event]) -> QueryResult<()> {
    write_rows(conn, events, add_one, add_all).map(drop)
}

fn from_screen(event: &Event) -> Option<i32> {
    if let What::ScreenEntered(Screen(from)) = event.what { Some(from) } else { None }
}

fn from_company(event: &Event) -> Option<i64> {
    if let What::CompanyLinked(from) = event.what { from.map(|CompanyId(id)| id) } else { None }
}

fn add_one(conn: &mut diesel::SqliteConnection, event: &Event) -> QueryResult<usize> {
    diesel::insert_into(progress_events::table)
        .values((
            progress_events::at.eq(event.at),
            progress_events::kind.eq(event.what.as_str()),
            progress_events::survey_id.eq(event.survey_id.0),
            progress_events::company_id.eq(event.company_id.map(|id| id.0)),
            progress_events::draft_id.eq(event.draft_id),
            progress_events::started_at.eq(event.course.map(|course| course.started_at)),
            progress_events::screen.eq(event.course.map(|course| course.screen.0)),
            progress_events::from_screen.eq(from_screen(event)),
            progress_events::from_company_id.eq(from_company(event)),
        ))
        .execute(conn)
}

fn add_all(conn: &mut diesel::PgConnection, events: &[Event]) -> QueryResult<usize> {
    fn column<T>(events: &[Event], of: impl Fn(&Event) -> T) -> Vec<T> {
        events.iter().map(of).collect()
    }
    OverColumns {
        before: "INSERT INTO progress_events (at, kind, survey_id, company_id, draft_id, started_at, screen, from_screen, \
                 from_company_id) SELECT * FROM unnest(",
        columns: (
            column(events, |event| event.at).into_sql::<Array<types::Instant>>(),
            column(events, |event| event.what.as_str()).into_sql::<Array<Text>>(),
            column(events, |event| event.survey_id.0).into_sql::<Array<BigInt>>(),
            column(events, |event| event.company_id.map(|id| id.0)).into_sql::<Array<Nullable<BigInt>>>(),
            column(events, |event| event.draft_id).into_sql::<Array<types::Uuid>>(),
            column(events, |event| event.course.map(|course| course.started_at))
                .into_sql::<Array<Nullable<types::Instant>>>(),
            column(events, |event| event.course.map(|course| course.screen.0)).into_sql::<Array<Nullable<Integer>>>(),
            column(events, from_screen).into_sql::<Array<Nullable<Integer>>>(),
            column(events, from_company).into_sql::<Array<Nullable<BigInt>>>(),
        ),
        after: ")",
    }
    .execute(conn)
}
