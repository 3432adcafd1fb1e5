//! What replacing a survey with a file would do: to the survey, and to the drafts that exist. Nothing is changed.

use std::{fmt, sync::Arc};

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Survey, SurveyId, SurveyScreen, admin,
    changes::{Change, Compared},
    file::SurveyFile,
    form::FormError,
    impact::{Impact, ImpactView, Judge, fingerprint},
    store,
};
use crate::{
    access::Grant,
    clock::{Moment, Span},
    db::{Conn, Database, Queried},
    http::off_thread,
    problem::Problem,
    progress::{self, DraftId, Fingerprint, FormProgress, search::Filter},
    record,
    timeline::{Order, Place, Scope},
};

/// The most drafts that are looked at.
pub const MOST_DRAFTS: i64 = 2000;
/// The most that is read of their data, in bytes: large drafts are fewer.
const MOST_BYTES: usize = 64 << 20;
/// How many drafts are read at a time.
const CHUNK: usize = 25;
/// How often is read at most: where many drafts have expired, a chunk may have none.
const MOST_CHUNKS: usize = 200;
/// More changes than anybody reads.
const MOST_CHANGES: usize = 200;

/// What replacing a survey would change, and what it would do to the drafts that exist.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(title = "SurveyPreview")]
pub struct Preview {
    /// The survey.
    pub survey_id: SurveyId,
    /// When the survey that this was made on was last changed.
    pub updated_at: Moment,
    /// What would change of the survey; the first two hundred changes. Empty if the file says nothing new.
    pub changes: Vec<Change>,
    /// Changes that are not listed.
    pub more_changes: usize,
    /// Whether the answers would have another shape.
    pub shape_changes: bool,
    /// The shape as it is; null without an `answer_schema`.
    pub fingerprint: Option<Fingerprint>,
    /// The shape as it would be.
    pub new_fingerprint: Option<Fingerprint>,
    /// What it would do to drafts.
    pub drafts: ImpactView,
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changes.is_empty() {
            writeln!(f, "Nothing changes of survey {}.", self.survey_id)?;
        }
        self.changes.iter().try_for_each(|change| writeln!(f, "{}", change.words))?;
        if self.more_changes > 0 {
            writeln!(f, "And {} more changes.", self.more_changes)?;
        }
        write!(f, "\n{}", self.drafts)
    }
}

/// A survey as it is, in both forms.
pub struct Present {
    survey: Survey,
    file: SurveyFile,
}

/// The survey as it is.
pub fn present(conn: &mut Conn, id: SurveyId) -> Queried<Option<Present>> {
    // The survey first: if it is changed now, what the preview was made on looks older than it is, never newer.
    Ok(store::find(conn, id)?.zip(store::file(conn, id)?).map(|(survey, file)| Present { survey, file }))
}

/// A preview that is being made.
pub struct Plan {
    judge: Judge,
    preview: Preview,
    now: Moment,
}

/// Some drafts, and where the next ones begin.
pub struct Chunk {
    drafts: Vec<FormProgress>,
    next: Option<Place<DraftId>>,
}

/// How far the drafts were looked at.
#[derive(Clone, Default)]
pub struct Reached {
    impact: Impact,
    place: Option<Place<DraftId>>,
    bytes: usize,
    chunks: usize,
    is_end: bool,
}

impl Reached {
    /// Whether no more are looked at.
    pub fn is_enough(&self) -> bool {
        let most = self.impact.looked_at() >= MOST_DRAFTS || self.bytes >= MOST_BYTES || self.chunks >= MOST_CHUNKS;
        self.is_end || most
    }
}

impl Plan {
    /// For a survey and the file that is to replace it.
    pub fn of(present: &Present, file: &SurveyFile, now: Moment) -> Result<Self, FormError> {
        let before = &present.survey;
        let after = replaced(before, file);
        let judge = Judge::of(before, &after).map_err(|cause| FormError::of(before.id, cause))?;
        let compared = Compared { before, file_before: &present.file, after: &after, file_after: file };
        let mut changes = compared.changes();
        let more_changes = changes.len().saturating_sub(MOST_CHANGES);
        changes.truncate(MOST_CHANGES);
        let preview = Preview {
            survey_id: before.id,
            updated_at: before.updated_at,
            changes,
            more_changes,
            shape_changes: compared.is_of_another_shape(),
            fingerprint: fingerprint(before),
            new_fingerprint: fingerprint(&after),
            drafts: Impact::default().view(&judge, 0),
        };
        Ok(Self { judge, preview, now })
    }

    /// Reads the next drafts, the newest first: along the index of a survey's drafts in the order of time.
    pub fn read(&self, conn: &mut Conn, reached: &Reached) -> Queried<Chunk> {
        let filter = Filter {
            scope: Scope::of(&Grant::of_operator(), Some(self.preview.survey_id), None),
            email: None,
            reference: None,
            screen: None,
            created: Span::default(),
            updated: Span::default(),
            expires: Span::default(),
        };
        let left = usize::try_from(MOST_DRAFTS - reached.impact.looked_at()).unwrap_or_default().min(CHUNK);
        let walked = progress::store::search(conn, &filter, Order::NewestFirst, reached.place, left, self.now)?;
        let ids: Vec<DraftId> = walked.found.iter().map(|head| head.draft_id).collect();
        let drafts = progress::store::find_all(conn, &ids)?.into_iter().map(|(draft, _)| draft).collect();
        Ok(Chunk { drafts, next: walked.next })
    }

    /// Looks at drafts that were read. It may take a while: no connection is to wait for it.
    pub fn judge(&self, chunk: Chunk, mut reached: Reached) -> Reached {
        for draft in chunk.drafts {
            reached.bytes += draft.content.data.get().len();
            reached.impact.add(self.judge.effect(&draft));
        }
        reached.chunks += 1;
        reached.is_end = chunk.next.is_none();
        reached.place = chunk.next;
        reached
    }

    /// The whole of it, of a survey that has so many drafts as the record knows.
    pub fn made(&self, reached: &Reached, recorded: i64) -> Preview {
        let looked_at = reached.impact.looked_at();
        let live = if reached.is_end { looked_at } else { recorded.max(looked_at) };
        Preview { drafts: reached.impact.view(&self.judge, live), ..self.preview.clone() }
    }
}

/// The survey as it is once a file has replaced it.
fn replaced(before: &Survey, file: &SurveyFile) -> Survey {
    let unless_null = |json: &serde_json::value::RawValue| (json.get() != "null").then(|| json.to_owned());
    let screens = |json: &serde_json::value::RawValue| -> Vec<SurveyScreen> {
        // They were read when the file was parsed.
        serde_json::from_str::<Option<Vec<SurveyScreen>>>(json.get()).ok().flatten().unwrap_or_default()
    };
    Survey {
        id: before.id,
        name: file.name.clone(),
        instructions: file.instructions.clone(),
        definition: file.definition.clone(),
        answer_schema: match &file.answer_schema {
            Some(schema) => unless_null(schema),
            None => before.answer_schema.clone(),
        },
        screens: file.screens.as_deref().map_or_else(|| before.screens.clone(), screens),
        shapes: file.shapes.clone().unwrap_or_else(|| before.shapes.clone()),
        status: file.status.unwrap_or(before.status),
        created_at: before.created_at,
        updated_at: before.updated_at,
    }
}

/// How many drafts a survey has, as far as the record knows: those that have expired a moment ago may be among them.
pub fn recorded(conn: &mut Conn, id: SurveyId) -> Queried<i64> {
    Ok(record::store::live_drafts(conn)?.get(&id).copied().unwrap_or_default())
}

/// What replacing this survey with this file would do. The drafts are looked at off the async threads, some at a time, so that
/// no connection is held for long.
pub async fn preview(id: SurveyId, file: SurveyFile, now: Moment, database: &Database) -> Result<Preview, Problem> {
    admin::must_be_of(id, &file)?;
    let present = database.read(move |conn| present(conn, id)).await?.ok_or(Problem::SurveyNotFound)?;
    let plan = Arc::new(off_thread(move || Plan::of(&present, &file, now)).await??);
    let mut reached = Reached::default();
    while !reached.is_enough() {
        let (reading, judging) = (Arc::clone(&plan), Arc::clone(&plan));
        let before = reached.clone();
        let chunk = database.read(move |conn| reading.read(conn, &before)).await?;
        reached = off_thread(move || judging.judge(chunk, reached)).await?;
    }
    let recorded = if reached.is_end { 0 } else { database.read(move |conn| recorded(conn, id)).await? };
    Ok(plan.made(&reached, recorded))
}
