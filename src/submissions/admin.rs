//! What admins do with submissions, whichever way they ask: listed, read, exported.

use super::{Submission, answers::Answer, export::chunk, search::Filter, store};
use crate::{
    access::{Caller, Grant, caller::look},
    audit::{Entry, People, Subject},
    clock::Span,
    companies::Belonging,
    db::{Conn, Database, Walked},
    email::Email,
    http::{
        Fields,
        export::{Export, Format},
        list::Page,
    },
    problem::Problem,
    progress::writer::Writer,
    surveys::SurveyId,
    timeline::{Order, Place, Scope},
};

/// By what submissions are searched.
pub const FILTERS: [&str; 5] = ["email", "survey_id", "company_id", "from", "to"];

/// The order of the list.
pub const ORDER: Order = Order::NewestFirst;

/// What is searched for.
struct Sought {
    email: Option<Email>,
    survey_id: Option<SurveyId>,
    company: Option<Belonging>,
    submitted: Span,
}

impl Sought {
    fn of(fields: &mut Fields<'_>) -> Self {
        Self {
            email: fields.optional("email"),
            survey_id: fields.optional("survey_id"),
            company: fields.optional("company_id"),
            submitted: Span::from_to(fields),
        }
    }

    /// What is searched for among what this grant lets be seen.
    fn within(self, grant: &Grant) -> Filter {
        let scope = Scope::of(grant, self.survey_id, self.company);
        Filter { scope, email: self.email, submitted: self.submitted }
    }

    /// An entry for the audit log: the filters, but of the participant no more than a digest.
    fn audited(&self, entry: impl FnOnce(Subject) -> Entry, people: &People) -> Entry {
        let subject = self.email.as_ref().map_or_else(|| Subject::all("submissions"), |email| people.subject(email));
        let said = [
            self.company.filter(|company| *company == Belonging::None).map(|none| format!("company_id={none}")),
            self.submitted.from.map(|from| format!("from={from}")),
            self.submitted.to.map(|to| format!("to={to}")),
        ];
        let said = said.into_iter().flatten().collect::<Vec<_>>().join(" ");
        entry(subject).about(self.survey_id, self.company.and_then(Belonging::company_id)).detail(said)
    }
}

/// A page of what is searched for.
pub struct Asked {
    sought: Sought,
    page: Page,
    reached: Option<Place<i64>>,
}

impl Asked {
    /// Of a query.
    pub fn of(mut fields: Fields<'_>) -> Result<Self, Problem> {
        let (sought, page) = (Sought::of(&mut fields), Page::of(&mut fields));
        let reached = page.reached(&mut fields, ORDER);
        fields.finish(Some(Self { sought, page, reached }))
    }

    /// How many submissions the page has, at most.
    pub fn most(&self) -> usize {
        self.page.limit as usize
    }
}

/// A page of submissions, the newest first. It may be short, and go on all the same: a search looks at so many and no more.
pub async fn list(
    caller: &Caller,
    asked: Asked,
    database: &Database,
    writer: &Writer,
    people: &People,
) -> Result<Walked<Submission, Place<i64>>, Problem> {
    let (most, Asked { sought, reached, .. }) = (asked.most(), asked);
    look(writer, sought.audited(|subject| caller.entry("submission.search", subject), people)).await?;
    let filter = sought.within(&caller.grant);
    Ok(database.read(move |conn| store::search(conn, &filter, ORDER, reached, most)).await?)
}

/// A submission with its answers, if the caller may see it.
pub async fn read(
    caller: &Caller,
    id: &str,
    database: &Database,
    writer: &Writer,
) -> Result<(Submission, Vec<Answer>), Problem> {
    // What is no id names none.
    let id: i64 = id.parse().map_err(|_| Problem::SubmissionNotFound)?;
    let read = move |conn: &mut Conn| Ok((store::find(conn, id)?, store::answers_of(conn, &[id])?));
    let (submission, mut answers) = database.read(read).await?;
    let submission = submission.ok_or(Problem::SubmissionNotFound)?;
    caller.sees(submission.survey_id, submission.company_id, Problem::SubmissionNotFound)?;
    let entry = caller.entry("submission.read", Subject::one("submission", id));
    look(writer, entry.about(submission.survey_id, submission.company_id)).await?;
    Ok((submission, answers.remove(&id).unwrap_or_default()))
}

/// All that is searched for, as a file.
pub async fn export(
    caller: &Caller,
    mut fields: Fields<'_>,
    database: &Database,
    writer: &Writer,
    people: &People,
) -> Result<Export, Problem> {
    let sought = Sought::of(&mut fields);
    let format = fields.required::<Format>("format");
    let format = fields.finish(format)?;
    look(writer, sought.audited(|subject| caller.entry("submission.export", subject), people)).await?;
    let filter = sought.within(&caller.grant);
    let fetch = move |conn: &mut Conn, reached| chunk(conn, &filter, reached);
    Export::in_chunks("submissions", format, database.clone(), None, fetch).await
}
