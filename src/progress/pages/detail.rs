//! A draft with its answers, its history and what may be done with it.

use askama::Template;
use rocket::{Route, State, get, routes};

use super::{form::Form, refused};
use crate::{
    access::{Caller, Power},
    companies::CompanyId,
    db::Conn,
    http::Query,
    pages::{Entries, Frame, Names, Opened, Page, PageProblem, PageResult, Section, shown},
    problem::Problem,
    progress::{
        Content, Current, FormProgress, Head, Json, PreviousLine,
        admin::{self, Beside},
        drafts_api::{Named, target_of},
        reader::Reader,
        writer::Writer,
    },
    record::Happened,
    surveys::{
        self,
        questions::{Sheet, pretty::pretty},
    },
};

/// The routes of this page.
pub fn routes() -> Vec<Route> {
    routes![show]
}

#[derive(Template)]
#[template(path = "progress/templates/detail.html")]
struct DetailPage {
    frame: Frame,
    head: Head,
    schema_changed: bool,
    survey: String,
    /// Where the participant is, and the furthest they have been.
    screen: String,
    furthest: Option<String>,
    names: Names,
    sheet: Sheet,
    data: Source,
    meta: Option<Source>,
    history: Vec<Event>,
    states: Vec<PreviousLine>,
    may_change: bool,
    may_see_log: bool,
    may_see_person: bool,
}

impl DetailPage {
    /// Where all stands that is held about the participant.
    fn person(&self) -> String {
        let email = self.head.email.as_ref().map_or("", |email| email.as_str());
        Entries::default().address("/admin/person", "email", Some(email))
    }

    fn answered(&self) -> Option<String> {
        let (answered, all) = self.sheet.answered();
        let all = i64::try_from(all).ok().filter(|all| *all > 0)?;
        Some(format!("{answered} of {} answered.", shown::plural(all, "question")))
    }
}

/// JSON as it was saved, over several lines.
struct Source {
    text: String,
    is_whole: bool,
    size: String,
}

impl Source {
    /// As much as somebody reads on a page.
    const MOST: usize = 50_000;

    fn of(json: &Json) -> Self {
        let (text, is_whole) = pretty(json.get(), Self::MOST);
        Self { text, is_whole, size: shown::bytes(i64::try_from(json.get().len()).unwrap_or(i64::MAX)) }
    }
}

/// Something that became of the draft.
struct Event {
    at: crate::clock::Moment,
    what: String,
}

/// What a page shows of a draft's survey and what was entered in it.
pub(super) struct Laid {
    pub form: Form,
    pub sheet: Sheet,
    pub names: Names,
}

/// Lays a draft out against its survey.
pub(super) async fn laid_out(
    caller: &Caller,
    head: &Head,
    data: &Json,
    history: &[Happened],
    reader: &Reader<'_>,
) -> Result<Laid, Problem> {
    let survey_id = head.survey_id;
    let linked = head.company_id.into_iter().chain(history.iter().filter_map(|event| event.company_id));
    let companies: Vec<CompanyId> = linked.filter(|id| caller.grant.companies.sees(*id)).collect();
    let read = move |conn: &mut Conn| Ok((surveys::store::find(conn, survey_id)?, Names::of(conn, &[], &companies)?));
    let (survey, names) = reader.database.read(read).await?;
    let data = data.clone();
    let (form, sheet) = reader
        .judge(move || {
            let form = Form::of(survey.as_ref());
            let sheet = form.questions.sheet(&data);
            (form, sheet)
        })
        .await?;
    Ok(Laid { form, sheet, names })
}

#[get("/drafts/<id>")]
async fn show(
    id: Named<'_>,
    opened: Result<Opened, PageProblem>,
    query: Query<'_>,
    reader: Reader<'_>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::ReadDrafts, "Draft", Section::Drafts)?;
    query.none()?;
    let read = match target_of(id) {
        Ok(id) => admin::read(&caller, id, &reader, writer).await,
        Err(problem) => Err(problem),
    };
    let (Current { draft, schema_changed }, Beside { states, history }) = match read {
        Ok(read) => read,
        Err(problem) => return refused::ended(problem, frame),
    };
    let FormProgress { head, content: Content { data, meta } } = draft;
    let Laid { form, sheet, names } = laid_out(&caller, &head, &data, &history, &reader).await?;
    Page::show(&DetailPage {
        frame: frame.titled(format!("Draft {}", head.draft_id.reference())),
        screen: form.screen(head.current_screen),
        furthest: (head.furthest_screen != head.current_screen).then(|| form.screen(head.furthest_screen)),
        history: history.into_iter().map(|event| in_words(event, &form, &names)).collect(),
        data: Source::of(&data),
        meta: meta.as_ref().map(Source::of),
        may_change: caller.grant.may(Power::ChangeDrafts),
        may_see_log: caller.grant.may(Power::Audit),
        may_see_person: caller.grant.may(Power::ReadPeople),
        survey: form.name,
        head,
        schema_changed,
        names,
        sheet,
        states,
    })
}

fn in_words(event: Happened, form: &Form, names: &Names) -> Event {
    let Happened { at, kind, screen, company_id } = event;
    let screen = screen.map(|screen| form.screen(screen)).unwrap_or_default();
    let company = company_id.map(|id| names.company(id));
    let what = match (kind.as_str(), company) {
        ("started", None) => format!("Begun, on screen {screen}"),
        ("started", Some(company)) => format!("Begun by somebody of {company}, on screen {screen}"),
        ("company_linked", Some(company)) => format!("Linked with {company}"),
        ("company_linked", None) => "Not linked with a company any more".to_owned(),
        ("screen_entered", _) => format!("Came to screen {screen}"),
        ("resumed", _) => "Gone on with on another day".to_owned(),
        ("submitted", _) => "Submitted".to_owned(),
        ("expired", _) => "Expired".to_owned(),
        ("discarded", _) => "Discarded".to_owned(),
        ("erased", _) => "Erased".to_owned(),
        (other, _) => other.replace('_', " "),
    };
    Event { at, what }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Moment,
        pages::samples::{HOSTILE, rendered},
        progress::{Screen, Version, pages::samples},
    };

    fn page(head: Head, sheet: Sheet) -> DetailPage {
        let at: Moment = "2026-11-20T09:30:00Z".parse().expect("a moment");
        DetailPage {
            frame: Frame::sample("Draft"),
            schema_changed: head.email.is_some(),
            survey: HOSTILE.into(),
            screen: HOSTILE.into(),
            furthest: head.email.is_some().then(|| HOSTILE.into()),
            names: Names::default(),
            sheet,
            data: Source { text: HOSTILE.into(), is_whole: head.email.is_none(), size: "1 KiB".into() },
            meta: head.email.is_some().then(|| Source { text: HOSTILE.into(), is_whole: true, size: "1 KiB".into() }),
            history: vec![Event { at, what: HOSTILE.into() }],
            states: vec![PreviousLine { version: Version(1), value_count: 2, replaced_at: at }],
            may_change: head.email.is_some(),
            may_see_log: true,
            may_see_person: head.email.is_some(),
            head,
        }
    }

    #[test]
    fn every_template_is_rendered_and_no_text_becomes_markup() {
        let html = rendered(&page(samples::head(), samples::sheet()));
        assert!(html.contains("/discard?seen=3"), "{html}");
        let nobodys = Head { email: None, company_id: None, guest_code: None, ..samples::head() };
        let empty = DetailPage { states: Vec::new(), history: Vec::new(), ..page(nobodys, Sheet::default()) };
        let html = rendered(&empty);
        assert!(!html.contains("/discard"), "{html}");
    }

    #[test]
    fn events_are_told_in_words() {
        let (form, names) = (Form::default(), Names::default());
        let event = |kind: &str, company_id| Happened {
            at: Moment::now(),
            kind: kind.into(),
            screen: Some(Screen(2)),
            company_id,
        };
        let said = |event| in_words(event, &form, &names).what;
        assert_eq!(said(event("started", None)), "Begun, on screen number 2, counted from 0");
        assert_eq!(said(event("company_linked", Some(CompanyId(7)))), "Linked with Company 7");
        assert_eq!(said(event("something_new", None)), "something new");
    }
}
