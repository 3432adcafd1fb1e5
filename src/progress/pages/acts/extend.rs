//! Letting a draft live on.

use askama::Template;
use rocket::{Route, State, get, post, routes};

use super::{SEEN, insisting, looked_at};
use crate::{
    access::Power,
    http::Query,
    pages::{Entries, Frame, Opened, Page, PageProblem, PageResult, Posted, Section, shown},
    problem::Problem,
    progress::{
        Head,
        admin::{self, Sent},
        drafts_api::{Named, target_of},
        pages::refused::{Attempt, ended, refused},
        reader::Reader,
        world::Outcome,
        writer::Writer,
    },
};

/// The routes of this act.
pub fn routes() -> Vec<Route> {
    routes![ask, extend]
}

const TITLE: &str = "Extend the draft";
const ATTEMPT: Attempt<'_> = Attempt { act: TITLE, at: "extend" };

#[derive(Template)]
#[template(path = "progress/templates/extend.html")]
struct ExtendPage {
    frame: Frame,
    head: Head,
    entries: Entries,
}

impl ExtendPage {
    fn of(head: Head, frame: Frame, entries: Entries) -> Self {
        let frame = frame.titled(format!("Extend draft {}", head.draft_id.reference()));
        Self { frame, head, entries }
    }
}

#[get("/drafts/<id>/extend")]
async fn ask(
    id: Named<'_>,
    opened: Result<Opened, PageProblem>,
    query: Query<'_>,
    reader: Reader<'_>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::ChangeDrafts, TITLE, Section::Drafts)?;
    let Ok(id) = target_of(id) else { return ended(Problem::DraftNotFound, frame) };
    match looked_at(&caller, id, query.fields(&[SEEN])?, &reader).await {
        Ok(current) => Page::show(&ExtendPage::of(current.draft.head, frame, Entries::prefilled(&[("days", "30")]))),
        Err(problem) => refused(problem, id, &ATTEMPT, (&caller, frame), &reader, writer).await,
    }
}

#[post("/drafts/<id>/extend", data = "<form>")]
async fn extend(
    id: Named<'_>,
    form: Result<Posted, PageProblem>,
    reader: Reader<'_>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame, mut entries) = form?.may(Power::ChangeDrafts, TITLE, Section::Drafts)?;
    let Ok(id) = target_of(id) else { return ended(Problem::DraftNotFound, frame) };
    let headers = insisting(&entries)?;
    let until = admin::until_in(entries.fields(), caller.now());
    let done = async {
        let entry = admin::entry_for(&caller, "draft.extend", id, &reader).await?;
        admin::extend(id, entry, until, caller.now(), &Sent { headers: &headers, body: "" }, writer).await
    };
    let problem = match done.await {
        Ok(answered) => {
            let until = match answered.outcome {
                Outcome::Saved { current, .. } => current.draft.head.expires_at,
                _ => return Err(Problem::Internal.into()),
            };
            let notice = format!("The draft lives until {}.", until.in_words());
            return Page::done(format!("/admin/drafts/{}", id.0), notice);
        }
        Err(problem) => problem,
    };
    let Problem::InvalidRequest(_) = &problem else {
        return refused(problem, id, &ATTEMPT, (&caller, frame), &reader, writer).await;
    };
    entries.blame(problem.clone())?;
    match reader.find_for(&caller, id).await {
        Ok(current) => Page::refused(&problem, &ExtendPage::of(current.draft.head, frame, entries)),
        Err(problem) => ended(problem, frame),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        pages::samples::{HOSTILE, rendered},
        progress::pages::samples,
    };

    #[test]
    fn every_template_is_rendered_and_no_text_becomes_markup() {
        let page = |entries| ExtendPage::of(samples::head(), Frame::sample(TITLE), entries);
        rendered(&page(Entries::prefilled(&[("days", "30")])));
        let mut entries = Entries::prefilled(&[("days", HOSTILE), ("until", HOSTILE), (SEEN, "2")]);
        entries.note("days", "must be an integer from 1 to 1826");
        let html = rendered(&page(entries));
        assert!(html.contains("Days from now must be an integer"), "{html}");
    }
}
