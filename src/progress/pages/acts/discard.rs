//! Discarding a draft.

use rocket::{Route, State, get, post, routes};

use super::{SEEN, insisting, looked_at};
use crate::{
    access::Power,
    http::Query,
    pages::{Confirm, Entries, Frame, Opened, Page, PageProblem, PageResult, Posted, Section, shown},
    progress::{
        Head,
        admin::{self, Sent},
        drafts_api::{Named, target_of},
        pages::refused::{Attempt, ended, refused},
        reader::Reader,
        writer::Writer,
    },
};

/// The routes of this act.
pub fn routes() -> Vec<Route> {
    routes![ask, discard]
}

const TITLE: &str = "Discard the draft";
const ATTEMPT: Attempt<'_> = Attempt { act: TITLE, at: "discard" };

#[get("/drafts/<id>/discard")]
async fn ask(
    id: Named<'_>,
    opened: Result<Opened, PageProblem>,
    query: Query<'_>,
    reader: Reader<'_>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::ChangeDrafts, TITLE, Section::Drafts)?;
    let Ok(id) = target_of(id) else { return ended(crate::problem::Problem::DraftNotFound, frame) };
    match looked_at(&caller, id, query.fields(&[SEEN])?, &reader).await {
        Ok(current) => Page::show(&confirmed(&current.draft.head, frame)),
        Err(problem) => refused(problem, id, &ATTEMPT, (&caller, frame), &reader, writer).await,
    }
}

fn confirmed(head: &Head, frame: Frame) -> Confirm {
    let reference = head.draft_id.reference();
    let held = head.value_count.map(|count| format!(": {}", shown::plural(count, "value"))).unwrap_or_default();
    Confirm {
        what: vec![
            format!(
                "The draft {reference} goes at once, and its earlier states with it. It was last saved {}.",
                shown::relative(head.updated_at, frame.now)
            ),
            format!("What was entered in it is lost{held}. It cannot be restored."),
            "The participant finds nothing any more, and may begin again.".into(),
        ],
        frame: frame.titled(format!("Discard draft {reference}?")),
        action: format!("/admin/drafts/{}/discard", head.draft_id.0),
        button: TITLE,
        back: format!("/admin/drafts/{}", head.draft_id.0),
        hidden: vec![(SEEN, head.version.0.to_string())],
        typed: None,
        entries: Entries::default(),
    }
}

#[post("/drafts/<id>/discard", data = "<form>")]
async fn discard(
    id: Named<'_>,
    form: Result<Posted, PageProblem>,
    reader: Reader<'_>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame, entries) = form?.may(Power::ChangeDrafts, TITLE, Section::Drafts)?;
    let Ok(id) = target_of(id) else { return ended(crate::problem::Problem::DraftNotFound, frame) };
    let headers = insisting(&entries)?;
    let done = async {
        let entry = admin::entry_for(&caller, "draft.discard", id, &reader).await?;
        admin::discard(id, entry, &Sent { headers: &headers, body: "" }, writer).await
    };
    match done.await {
        Ok(_) => Page::done("/admin/drafts", format!("The draft {} was discarded.", id.reference())),
        Err(problem) => refused(problem, id, &ATTEMPT, (&caller, frame), &reader, writer).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{pages::samples::rendered, progress::pages::samples};

    #[test]
    fn it_says_what_will_be_lost() {
        let html = rendered(&confirmed(&samples::head(), Frame::sample(TITLE)));
        assert!(html.contains("is lost: 5 values. It cannot be restored."), "{html}");
        assert!(html.contains(r#"name="seen" value="3""#), "{html}");
    }
}
