//! An earlier state of a draft, compared with the present one.

use askama::Template;
use rocket::{Route, State, get, request::FromParam, routes};

use super::{form::Form, refused};
use crate::{
    access::Power,
    http::{Parameter, Query},
    pages::{Frame, Opened, Page, PageProblem, PageResult, Section, shown},
    problem::Problem,
    progress::{
        Head, Previous, Version, admin,
        difference::Difference,
        drafts_api::{Named, target_of},
        reader::Reader,
        writer::Writer,
    },
    surveys::{self, questions::Questions},
};

/// The routes of this page.
pub fn routes() -> Vec<Route> {
    routes![show]
}

impl<'r> FromParam<'r> for Version {
    type Error = &'static str;

    fn from_param(text: &'r str) -> Result<Self, Self::Error> {
        Self::parse(text)
    }
}

/// A version as it stands in a path.
pub type NamedVersion<'r> = Result<Version, &'static str>;

/// The version of this number. What is no number names none.
pub fn version_of(version: NamedVersion<'_>) -> Result<Version, Problem> {
    version.map_err(|_| Problem::StateNotFound)
}

#[derive(Template)]
#[template(path = "progress/templates/version.html")]
struct VersionPage {
    frame: Frame,
    head: Head,
    state: Previous,
    /// Where the participant was, and is.
    screens: (String, String),
    data: Difference,
    meta: Difference,
    may_change: bool,
}

#[get("/drafts/<id>/versions/<version>")]
async fn show(
    id: Named<'_>,
    version: NamedVersion<'_>,
    opened: Result<Opened, PageProblem>,
    query: Query<'_>,
    reader: Reader<'_>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::ReadDrafts, "Earlier state", Section::Drafts)?;
    query.none()?;
    let found = match target_of(id).and_then(|id| Ok((id, version_of(version)?))) {
        Ok((id, version)) => admin::compared(&caller, id, version, &reader, writer).await,
        Err(problem) => Err(problem),
    };
    let (state, current) = match found {
        Ok(found) => found,
        Err(problem) => return refused::ended(problem, frame),
    };
    let survey_id = current.draft.head.survey_id;
    let survey = reader.database.read(move |conn| surveys::store::find(conn, survey_id)).await?;
    let (was, now) = (state.content.clone(), current.draft.content);
    let (form, data, meta) = reader
        .judge(move || {
            let form = Form::of(survey.as_ref());
            let data = Difference::between(&form.questions, &was.data, &now.data);
            let nothing = crate::progress::raw("{}");
            let (was, now) = (was.meta.as_ref().unwrap_or(&nothing), now.meta.as_ref().unwrap_or(&nothing));
            let meta = Difference::between(&Questions::default(), was, now);
            (form, data, meta)
        })
        .await?;
    let head = current.draft.head;
    let frame = frame.titled(format!("Draft {}: version {}", head.draft_id.reference(), state.version.0));
    let screens = (form.screen(state.current_screen), form.screen(head.current_screen));
    let may_change = caller.grant.may(Power::ChangeDrafts);
    Page::show(&VersionPage { frame, head, state, screens, data, meta, may_change })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        pages::samples::{HOSTILE, rendered},
        progress::{Content, Screen, difference::Change, pages::samples, raw},
    };

    #[test]
    fn every_template_is_rendered_and_no_text_becomes_markup() {
        let text = || Some(HOSTILE.to_owned());
        let change = |was, now| Change { name: HOSTILE.into(), was, now };
        let changes = || vec![change(text(), text()), change(None, text()), change(text(), None)];
        let page = |changes, may_change| VersionPage {
            frame: Frame::sample("Earlier state"),
            head: samples::head(),
            state: Previous {
                version: Version(1),
                current_screen: Screen(2),
                value_count: 1,
                saved_at: samples::head().created_at,
                replaced_at: samples::head().updated_at,
                content: Content { data: raw("{}"), meta: None },
            },
            screens: (HOSTILE.into(), "2".into()),
            data: Difference { changes, is_cut: may_change },
            meta: Difference { changes: if may_change { self::tests::changes() } else { Vec::new() }, is_cut: false },
            may_change,
        };
        let html = rendered(&page(changes(), true));
        assert!(html.contains("/versions/1/restore?seen=3"), "{html}");
        rendered(&page(Vec::new(), false));
    }

    fn changes() -> Vec<Change> {
        vec![Change { name: HOSTILE.into(), was: Some(HOSTILE.into()), now: None }]
    }
}
