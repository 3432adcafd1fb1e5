//! When there is no draft to be shown or changed any more, or not the one that was looked at.

use askama::Template;

use super::detail::{Laid, laid_out};
use crate::{
    access::Caller,
    pages::{Frame, Page, PageResult},
    problem::Problem,
    progress::{Current, DraftId, Head, admin, reader::Reader, writer::Writer},
    surveys::questions::Sheet,
};

#[derive(Template)]
#[template(path = "progress/templates/ended.html")]
struct EndedPage {
    frame: Frame,
    what: &'static str,
    next: &'static str,
    code: &'static str,
}

/// Tells in words that a draft is no more; gives any other problem back.
pub fn ended(problem: Problem, frame: Frame) -> PageResult {
    let (title, what, next) = match problem {
        Problem::DraftNotFound => (
            "There is no such draft",
            "No draft has this id. It was discarded, or it ended long ago, or it belongs to a company that you do not look after.",
            "If somebody read the reference out to you, check it for misheard characters.",
        ),
        Problem::DraftExpired => (
            "The draft has expired",
            "Nothing was saved in it for so long that it came to the end of its life. What was entered in it is gone.",
            "The participant may begin again.",
        ),
        Problem::DraftSubmitted => (
            "The draft was submitted",
            "It ended with a submission, which has the answers now.",
            "You find it among the submissions, by the participant's email.",
        ),
        other => return Err(other.into()),
    };
    let code = problem.code();
    Page::refused(&problem, &EndedPage { frame: frame.titled(title), what, next, code })
}

#[derive(Template)]
#[template(path = "progress/templates/moved.html")]
struct MovedPage {
    frame: Frame,
    head: Head,
    survey: String,
    screen: String,
    sheet: Sheet,
    /// Where the act is asked for again, and what it is called.
    again: String,
    act: &'static str,
    code: &'static str,
}

/// An act that did not come to pass: what it is called, and where it is asked for.
pub struct Attempt<'a> {
    /// The act, as a button says it.
    pub act: &'static str,
    /// Its address below the draft's own.
    pub at: &'a str,
}

/// Says that a draft has moved on, or is no more; gives any other problem back.
pub async fn refused(
    problem: Problem,
    id: DraftId,
    attempt: &Attempt<'_>,
    (caller, frame): (&Caller, Frame),
    reader: &Reader<'_>,
    writer: &Writer,
) -> PageResult {
    if !matches!(problem, Problem::VersionMismatch(_)) {
        return ended(problem, frame);
    }
    let Current { draft, .. } = match admin::read(caller, id, reader, writer).await {
        Ok((current, _)) => current,
        Err(problem) => return ended(problem, frame),
    };
    let Laid { form, sheet, .. } = laid_out(caller, &draft.head, &draft.content.data, &[], reader).await?;
    let again = format!("/admin/drafts/{}/{}?seen={}", id.0, attempt.at, draft.head.version.0);
    let screen = form.screen(draft.head.current_screen);
    let code = problem.code();
    let frame = frame.titled("The draft has moved on");
    let page = MovedPage { frame, head: draft.head, survey: form.name, screen, sheet, again, act: attempt.act, code };
    Page::refused(&problem, &page)
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
        let page = |sheet| MovedPage {
            frame: Frame::sample("The draft has moved on"),
            head: samples::head(),
            survey: HOSTILE.into(),
            screen: HOSTILE.into(),
            sheet,
            again: "/admin/drafts/x/discard?seen=3".into(),
            act: "Discard the draft",
            code: "VERSION_MISMATCH",
        };
        rendered(&page(samples::sheet()));
        rendered(&page(Sheet::default()));
        let frame = Frame::sample("The draft has expired");
        rendered(&EndedPage { frame, what: "It is gone.", next: "Begin again.", code: "DRAFT_EXPIRED" });
    }
}
