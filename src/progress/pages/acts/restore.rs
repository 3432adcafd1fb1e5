//! Restoring an earlier state of a draft.

use rocket::{Route, State, get, post, routes};

use super::{SEEN, insisting, looked_at};
use crate::{
    access::Power,
    http::Query,
    pages::{Confirm, Entries, Frame, Opened, Page, PageProblem, PageResult, Posted, Section},
    problem::Problem,
    progress::{
        DraftId, Head, Version,
        admin::{self, Sent},
        drafts_api::{Named, target_of},
        pages::{
            refused::{Attempt, ended, refused},
            versions::{NamedVersion, version_of},
        },
        reader::Reader,
        writer::Writer,
    },
};

/// The routes of this act.
pub fn routes() -> Vec<Route> {
    routes![ask, restore]
}

const TITLE: &str = "Restore the earlier state";

fn address(version: Version) -> String {
    format!("versions/{}/restore", version.0)
}

/// The draft and the version that a path names.
fn named(id: Named<'_>, version: NamedVersion<'_>) -> Result<(DraftId, Version), Problem> {
    Ok((target_of(id)?, version_of(version)?))
}

#[get("/drafts/<id>/versions/<version>/restore")]
async fn ask(
    id: Named<'_>,
    version: NamedVersion<'_>,
    opened: Result<Opened, PageProblem>,
    query: Query<'_>,
    reader: Reader<'_>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::ChangeDrafts, TITLE, Section::Drafts)?;
    let (id, version) = match named(id, version) {
        Ok(named) => named,
        Err(problem) => return ended(problem, frame),
    };
    match looked_at(&caller, id, query.fields(&[SEEN])?, &reader).await {
        Ok(current) => Page::show(&confirmed(&current.draft.head, version, frame)),
        Err(problem) => {
            let attempt = Attempt { act: TITLE, at: &address(version) };
            refused(problem, id, &attempt, (&caller, frame), &reader, writer).await
        }
    }
}

fn confirmed(head: &Head, version: Version, frame: Frame) -> Confirm {
    let own = format!("/admin/drafts/{}", head.draft_id.0);
    Confirm {
        what: vec![
            format!(
                "The draft {} gets what it held as version {}: its answers, its screen and the front end's notes.",
                head.draft_id.reference(),
                version.0
            ),
            "What was entered since is replaced. It is kept as an earlier state if it holds more values than what is restored.".into(),
            "The participant goes on from there when they open the form again.".into(),
        ],
        frame: frame.titled(format!("Restore version {}?", version.0)),
        action: format!("{own}/{}", address(version)),
        button: TITLE,
        back: format!("{own}/versions/{}", version.0),
        hidden: vec![(SEEN, head.version.0.to_string())],
        typed: None,
        entries: Entries::default(),
    }
}

#[post("/drafts/<id>/versions/<version>/restore", data = "<form>")]
async fn restore(
    id: Named<'_>,
    version: NamedVersion<'_>,
    form: Result<Posted, PageProblem>,
    reader: Reader<'_>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame, entries) = form?.may(Power::ChangeDrafts, TITLE, Section::Drafts)?;
    let (id, version) = match named(id, version) {
        Ok(named) => named,
        Err(problem) => return ended(problem, frame),
    };
    let headers = insisting(&entries)?;
    let done = async {
        let entry = admin::entry_for(&caller, "draft.restore", id, &reader).await?;
        admin::restore(id, entry, Ok(version), &Sent { headers: &headers, body: "" }, writer).await
    };
    match done.await {
        Ok(_) => Page::done(format!("/admin/drafts/{}", id.0), format!("Version {} was restored.", version.0)),
        Err(problem) => {
            let attempt = Attempt { act: TITLE, at: &address(version) };
            refused(problem, id, &attempt, (&caller, frame), &reader, writer).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{pages::samples::rendered, progress::pages::samples};

    #[test]
    fn it_says_what_will_be_replaced() {
        let html = rendered(&confirmed(&samples::head(), Version(1), Frame::sample(TITLE)));
        assert!(html.contains("What was entered since is replaced."), "{html}");
        assert!(html.contains("/versions/1/restore\""), "{html}");
    }
}
