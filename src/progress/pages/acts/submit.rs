//! Marking a draft as submitted.

use askama::Template;
use rocket::{Route, State, get, post, routes};

use super::{SEEN, insisting, looked_at};
use crate::{
    access::{Caller, Power},
    http::Query,
    pages::{Entries, Frame, Opened, Page, PageProblem, PageResult, Posted, Section, shown},
    problem::{FieldError, Problem},
    progress::{
        Head,
        admin::{self, Sent},
        drafts_api::{Named, target_of},
        pages::{
            form::Form,
            refused::{Attempt, ended, refused},
        },
        reader::Reader,
        writer::Writer,
    },
    submissions::{
        admin_submit::{Which, submit as submit_draft},
        api::number_of,
    },
    surveys,
};

/// The routes of this act.
pub fn routes() -> Vec<Route> {
    routes![ask, submit]
}

const TITLE: &str = "Mark as submitted";
const ATTEMPT: Attempt<'_> = Attempt { act: TITLE, at: "submit" };

#[derive(Template)]
#[template(path = "progress/templates/submit.html")]
struct SubmitPage {
    frame: Frame,
    head: Head,
    entries: Entries,
    /// What is wrong with the draft's answers: the question, and what.
    unfit: Vec<(String, String)>,
}

impl SubmitPage {
    fn of(head: Head, frame: Frame, entries: Entries, unfit: Vec<(String, String)>) -> Self {
        let frame = frame.titled(format!("Mark draft {} as submitted?", head.draft_id.reference()));
        Self { frame, head, entries, unfit }
    }
}

#[get("/drafts/<id>/submit")]
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
        Ok(current) => {
            let entries = Entries::prefilled(&[("answers", "draft")]);
            Page::show(&SubmitPage::of(current.draft.head, frame, entries, Vec::new()))
        }
        Err(problem) => refused(problem, id, &ATTEMPT, (&caller, frame), &reader, writer).await,
    }
}

#[post("/drafts/<id>/submit", data = "<form>")]
async fn submit(
    id: Named<'_>,
    form: Result<Posted, PageProblem>,
    reader: Reader<'_>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame, mut entries) = form?.may(Power::ChangeDrafts, TITLE, Section::Drafts)?;
    let Ok(id) = target_of(id) else { return ended(Problem::DraftNotFound, frame) };
    let headers = insisting(&entries)?;
    let mut fields = entries.fields();
    let which = fields.required::<Which>("answers");
    let which = fields.finish(which);
    let done = async {
        let entry = admin::entry_for(&caller, "draft.submit", id, &reader).await?;
        submit_draft(id, entry, which, &Sent { headers: &headers, body: "" }, writer, &reader).await
    };
    let problem = match done.await {
        Ok((_, receipt, _)) => {
            let to = submission_address(&caller, number_of(&receipt)?);
            return Page::done(to, format!("The draft {} was submitted.", id.reference()));
        }
        Err(problem) => problem,
    };
    let errors = match &problem {
        Problem::InvalidRequest(_) => {
            entries.blame(problem.clone())?;
            Vec::new()
        }
        Problem::AnswersInvalid(errors) => errors.clone(),
        _ => return refused(problem, id, &ATTEMPT, (&caller, frame), &reader, writer).await,
    };
    let head = match reader.find_for(&caller, id).await {
        Ok(current) => current.draft.head,
        Err(problem) => return ended(problem, frame),
    };
    let survey_id = head.survey_id;
    let survey = reader.database.read(move |conn| surveys::store::find(conn, survey_id)).await?;
    let unfit = reader.judge(move || in_words(&errors, &Form::of(survey.as_ref()))).await?;
    Page::refused(&problem, &SubmitPage::of(head, frame, entries, unfit))
}

/// Where the submission is, for those who may see it.
fn submission_address(caller: &Caller, number: i64) -> String {
    match caller.grant.may(Power::ReadSubmissions) {
        true => format!("/admin/submissions/{number}"),
        false => "/admin/drafts".into(),
    }
}

/// What is wrong with answers, by the questions' texts where these are known.
fn in_words(errors: &[FieldError], form: &Form) -> Vec<(String, String)> {
    let named = |error: &FieldError| {
        let place = percent_encoding::percent_decode_str(error.pointer.trim_start_matches("#/")).decode_utf8_lossy();
        let place = place.strip_prefix("data").map_or(&*place, |place| place.trim_start_matches('/'));
        let question = form.questions.at(place).map(|question| question.text.clone());
        let whole = || if place.is_empty() { "The draft as a whole".into() } else { place.to_owned() };
        (question.unwrap_or_else(whole), error.detail.clone())
    };
    errors.iter().map(named).collect()
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
        let page = |entries, unfit| SubmitPage::of(samples::head(), Frame::sample(TITLE), entries, unfit);
        let html = rendered(&page(Entries::prefilled(&[("answers", "draft")]), Vec::new()));
        assert!(html.contains(r#"value="draft" checked"#), "{html}");
        rendered(&page(Entries::prefilled(&[("answers", HOSTILE)]), vec![(HOSTILE.into(), HOSTILE.into())]));
        let mut entries = Entries::default();
        entries.note("answers", "is missing");
        rendered(&page(entries, Vec::new()));
    }

    #[test]
    fn what_is_wrong_is_told_by_question() {
        let errors = [FieldError::at("/data/x y~1", "is too long"), FieldError::at("/data", "is no list")];
        let said = in_words(&errors, &Form::default());
        let pair = |name: &str, what: &str| (name.to_owned(), what.to_owned());
        assert_eq!(said, [pair("x y~1", "is too long"), pair("The draft as a whole", "is no list")]);
    }
}
