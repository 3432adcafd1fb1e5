//! The pages of a person: what is held about them, and its erasure.

use askama::Template;
use rocket::{Route, State, get, post, routes};

use super::{Erased, Person, admin};
use crate::{
    access::Power,
    audit::People,
    clock::Moment,
    companies::CompanyId,
    db::{Conn, Database},
    email::Email,
    http::Query,
    pages::{Confirm, Entries, Frame, Names, Opened, Page, PageProblem, PageResult, Posted, Section, shown},
    problem::Problem,
    progress::writer::Writer,
    surveys::SurveyId,
};

/// The routes of these pages.
pub fn routes() -> Vec<Route> {
    routes![show, ask_erase, erase]
}

const PERSON: &str = "/admin/person";
const ERASE: &str = "/admin/person/erase";
const DOWNLOAD: &str = "/api/admin/person";

#[derive(Template)]
#[template(path = "people/templates/show.html")]
struct PersonPage {
    frame: Frame,
    entries: Entries,
    held: Option<Held>,
    may_erase: bool,
    may_see_log: bool,
}

/// What is held about somebody.
struct Held {
    person: Person,
    names: Names,
    /// What became of their drafts.
    events: Several,
    /// What the audit log says of them.
    entries: Several,
    download: String,
    erase: String,
    log: String,
}

/// How many things there are, the first and the last of them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Several {
    count: i64,
    first: Option<Moment>,
    last: Option<Moment>,
}

impl Several {
    fn of(moments: impl Iterator<Item = Moment>) -> Self {
        moments.fold(Self::default(), |several, at| Self {
            count: several.count + 1,
            first: Some(several.first.map_or(at, |first| first.min(at))),
            last: Some(several.last.map_or(at, |last| last.max(at))),
        })
    }
}

impl Held {
    fn of(person: Person, names: Names) -> Self {
        let of_drafts = person.drafts.iter().flat_map(|draft| &draft.events);
        let of_submissions = person.submissions.iter().flat_map(|submission| &submission.events);
        let by_email = Entries::prefilled(&[("email", &person.email)]);
        let at = |path: &str| by_email.address(path, "", None);
        Self {
            events: Several::of(of_drafts.chain(of_submissions).map(|event| event.at)),
            entries: Several::of(person.audit.iter().map(|entry| entry.at)),
            download: at(DOWNLOAD),
            erase: at(ERASE),
            log: at("/admin/audit"),
            names,
            person,
        }
    }

    fn is_nothing(&self) -> bool {
        let Person { drafts, submissions, expired_drafts, .. } = &self.person;
        drafts.is_empty() && submissions.is_empty() && *expired_drafts == 0
    }
}

#[get("/person")]
async fn show(
    opened: Result<Opened, PageProblem>,
    query: Query<'_>,
    people: &State<People>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::ReadPeople, "A person", Section::People)?;
    let caller = caller.without_limits()?;
    let mut entries = Entries::of_query(&query);
    let mut held = None;
    if !entries.is_empty() {
        let mut fields = entries.filters(&["email"]);
        let email = fields.required::<Email>("email");
        match fields.finish(email) {
            Ok(email) => {
                let person = admin::read(&caller, email, people, database, writer).await?;
                let names = names(&person, database).await?;
                held = Some(Held::of(person, names));
            }
            Err(problem) => entries.blame(problem)?,
        }
    }
    let (may_erase, may_see_log) = (caller.grant.may(Power::ErasePeople), caller.grant.may(Power::Audit));
    Page::show(&PersonPage { frame, entries, held, may_erase, may_see_log })
}

/// What the surveys and companies are called in which somebody took part.
async fn names(person: &Person, database: &Database) -> Result<Names, PageProblem> {
    let of_drafts = person.drafts.iter().map(|draft| (draft.survey_id, draft.company_id));
    let of_submissions = person.submissions.iter().map(|submission| (submission.survey_id, submission.company_id));
    let (surveys, companies): (Vec<SurveyId>, Vec<Option<CompanyId>>) = of_drafts.chain(of_submissions).unzip();
    let companies: Vec<CompanyId> = companies.into_iter().flatten().collect();
    let read = move |conn: &mut Conn| Names::of(conn, &surveys, &companies);
    Ok(database.read(read).await?)
}

/// Asks before everything goes.
fn question(frame: Frame, email: &Email, counted: &Erased, entries: Entries) -> Confirm {
    let email = email.as_str().to_owned();
    let by_email = Entries::prefilled(&[("email", &email)]);
    let mut what = match told(counted) {
        Some(told) => vec![
            format!("This goes, for good: {told}. Nobody can bring it back."),
            "If the person wants a copy, or you have to keep one, download it before.".into(),
        ],
        None => vec![format!("Nothing is held about {email} that could go.")],
    };
    what.extend([
        "The figures stay: they say nothing of anybody. So do the entries of the audit log, which name a person by a digest; \
         this erasure becomes one of them."
            .to_owned(),
        "Whoever still has the form open and saves once more begins a new draft.".to_owned(),
    ]);
    Confirm {
        frame: frame.titled("Erase all that is held about this person?"),
        what,
        action: ERASE.into(),
        button: "Erase for good",
        back: by_email.address(PERSON, "", None),
        typed: Some(format!("To go on, type the email: {email}")),
        hidden: vec![("email", email)],
        entries,
    }
}

/// What is counted, in words; none if it is nothing.
fn told(counted: &Erased) -> Option<String> {
    let counts = counted.counts().into_iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> =
        counts.map(|(count, one)| shown::plural(i64::try_from(count).unwrap_or(i64::MAX), one)).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

#[get("/person/erase")]
async fn ask_erase(
    opened: Result<Opened, PageProblem>,
    query: Query<'_>,
    people: &State<People>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::ErasePeople, "Erase a person", Section::People)?;
    let caller = caller.without_limits()?;
    let mut fields = query.fields(&["email"])?;
    let email = fields.required::<Email>("email");
    let email = fields.finish(email)?;
    let counted = admin::count(&caller, email.clone(), people, database, writer).await?;
    Page::show(&question(frame, &email, &counted, Entries::default()))
}

#[post("/person/erase", data = "<form>")]
async fn erase(
    form: Result<Posted, PageProblem>,
    people: &State<People>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame, mut entries) = form?.may(Power::ErasePeople, "Erase a person", Section::People)?;
    let caller = caller.without_limits()?;
    let mut fields = entries.fields();
    let email = fields.required::<Email>("email");
    let email = fields.finish(email)?;
    let problem = match typed_in(&entries, &email) {
        Ok(()) => {
            let erased = admin::erase(&caller, email, people, writer).await?;
            // A notice stays in the browser for a moment: it does not say who it was.
            return Page::done(PERSON, notice(&erased));
        }
        Err(problem) => problem,
    };
    entries.blame(problem.clone())?;
    let counted = admin::count(&caller, email.clone(), people, database, writer).await?;
    Page::refused(&problem, &question(frame, &email, &counted, entries))
}

/// Whether the same email was typed, in whatever spelling.
fn typed_in(entries: &Entries, email: &Email) -> Result<(), Problem> {
    let mut fields = entries.fields();
    let typed = fields.required::<Email>("typed");
    if typed.as_ref().is_some_and(|typed| typed != email) {
        fields.note("typed", "is another email");
    }
    fields.finish(typed).map(drop)
}

fn notice(erased: &Erased) -> String {
    match told(erased) {
        Some(told) => format!("All that was held about this person is erased: {told}."),
        None => "Nothing was held about this person. That you asked is in the audit log.".into(),
    }
}

#[cfg(test)]
#[path = "pages_tests.rs"]
mod tests;
