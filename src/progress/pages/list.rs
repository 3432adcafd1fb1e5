//! Looking for drafts.

use askama::Template;
use rocket::{Route, State, get, routes};
use url::form_urlencoded;

use crate::{
    access::Power,
    audit::People,
    companies::{Belonging, CompanyId},
    db::{Conn, Database, Walked},
    email::Email,
    http::{
        Parameter, Query,
        list::{Cursor, List},
    },
    pages::{Choices, Entries, Frame, Names, Opened, Page, PageProblem, PageResult, Section, shown},
    problem::Problem,
    progress::{
        DraftId, Head, Reference,
        admin::{self, LIST_PARAMETERS, Listing},
        search::{Asked, FILTERS},
        writer::Writer,
    },
    surveys::SurveyId,
};

/// The routes of this page.
pub fn routes() -> Vec<Route> {
    routes![list]
}

/// What somebody types who looks for one draft.
#[derive(Debug, Clone, PartialEq)]
enum Sought {
    Of(Email),
    Named(Reference),
    Draft(DraftId),
}

impl Parameter for Sought {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.contains('@') {
            return Email::parse(text).map(Self::Of);
        }
        let by_name = || Reference::parse(text).map(Self::Named);
        let sought = text.parse().map(Self::Draft).or_else(|_| by_name());
        sought.map_err(|_| "must be an email, a reference such as 01K8-3FZQ-7MXA, or the id of a draft")
    }
}

/// What is looked for, as it stands in the address.
struct Wanted {
    listing: Listing,
    /// One draft, by its id.
    draft: Option<DraftId>,
}

fn wanted(entries: &Entries) -> Result<Wanted, Problem> {
    let mut fields = entries.filters(&[&["q"], &FILTERS[..], &LIST_PARAMETERS].concat());
    let sought = fields.optional::<Sought>("q");
    let mut wanted = Wanted { listing: Listing::of(fields)?, draft: None };
    match sought {
        Some(Sought::Of(email)) => wanted.listing.asked.email = Some(email),
        Some(Sought::Named(reference)) => wanted.listing.asked.reference = Some(reference),
        Some(Sought::Draft(id)) => wanted.draft = Some(id),
        None => {}
    }
    Ok(wanted)
}

/// The filters that are less often used: name, label.
const OTHERS: [(&str, &str); 5] = [
    ("updated_after", "Last saved from"),
    ("created_after", "Begun from"),
    ("created_before", "Begun before"),
    ("expires_after", "Expires from"),
    ("expires_before", "Expires before"),
];

#[derive(Template)]
#[template(path = "progress/templates/list.html")]
struct ListPage {
    frame: Frame,
    entries: Entries,
    drafts: Vec<Head>,
    names: Names,
    surveys: Choices,
    companies: Choices,
    /// What the choice of no company is called; empty for those who see nothing that belongs to none.
    no_company: &'static str,
    /// What is filtered, in words.
    filtered: Vec<String>,
    next: Option<String>,
    /// Whether the search stopped before the page was full.
    is_short: bool,
    /// The same as files; none while something is wrong with the filters.
    export: Option<String>,
}

impl ListPage {
    /// What stands in the field for one draft.
    fn sought(&self) -> &str {
        let given = ["q", "email", "reference"].map(|name| self.entries.value(name));
        given.into_iter().find(|value| !value.is_empty()).unwrap_or_default()
    }

    /// The type of a field for a day: one for texts once a time of day stands in it, which the other would hide.
    fn kind_of_day(&self, name: &str) -> &'static str {
        if matches!(self.entries.value(name).len(), 0 | 10) { "date" } else { "text" }
    }

    /// Whether a filter is used that is less often used.
    fn has_others(&self) -> bool {
        let is_used = |name: &str| !self.entries.value(name).is_empty() || self.entries.error(name).is_some();
        OTHERS.iter().any(|(name, _)| is_used(name)) || is_used("sort")
    }

    fn others(&self) -> [(&'static str, &'static str); 5] {
        OTHERS
    }
}

#[get("/drafts")]
async fn list(
    opened: Result<Opened, PageProblem>,
    query: Query<'_>,
    database: &State<Database>,
    writer: &State<Writer>,
    people: &State<People>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::ReadDrafts, "Drafts", Section::Drafts)?;
    let mut entries = Entries::of_query(&query);
    let (mut asked, mut found, mut is_short, mut next, mut export) =
        (Asked::default(), Walked { found: Vec::new(), next: None }, false, None, None);
    match wanted(&entries) {
        Ok(Wanted { draft: Some(id), .. }) => return Ok(Page::Elsewhere(format!("/admin/drafts/{}", id.0), None)),
        Ok(Wanted { listing, draft: None }) => {
            asked = listing.asked.clone();
            let (order, limit) = (listing.order, listing.page.limit as usize);
            found = admin::search(&caller, listing, database, writer, people).await?;
            is_short = found.next.is_some() && found.found.len() < limit;
            let place = found.next.as_ref().map(|place| Cursor::at(place.at, place.id.0, order));
            next = List::<()>::with_next(Vec::new(), place).next;
            export = Some(export_address(&entries, &asked));
        }
        Err(problem) => entries.blame(problem)?,
    }
    let drafts = found.found;
    let surveys = drafts.iter().map(|head| head.survey_id).chain(asked.survey_id);
    let surveys: Vec<SurveyId> = surveys.filter(|id| caller.grant.surveys.sees(*id)).collect();
    let company = asked.company.and_then(Belonging::company_id);
    let companies = drafts.iter().filter_map(|head| head.company_id).chain(company);
    let companies: Vec<CompanyId> = companies.filter(|id| caller.grant.companies.sees(*id)).collect();
    let grant = caller.grant.clone();
    let read = move |conn: &mut Conn| {
        let names = Names::of(conn, &surveys, &companies)?;
        Ok((names, Choices::surveys(conn, &grant)?, Choices::companies(conn, &grant)?))
    };
    let (names, surveys, companies) = database.read(read).await?;
    let filtered = in_words(&asked, &names);
    let next = next.map(|next| entries.address("/admin/drafts", "after", Some(&next)));
    let no_company = if caller.grant.companies.is_limited() { "" } else { "none" };
    Page::show(&ListPage {
        frame,
        entries,
        drafts,
        names,
        surveys,
        companies,
        no_company,
        filtered,
        next,
        is_short,
        export,
    })
}

/// Where the same drafts are as a file, but for the format.
fn export_address(entries: &Entries, asked: &Asked) -> String {
    let typed = ["email", "reference"];
    let others =
        FILTERS.iter().filter(|name| !typed.contains(name)).map(|name| (*name, entries.value(name).to_owned()));
    let email = asked.email.as_ref().map(|email| ("email", email.as_str().to_owned()));
    let reference = asked.reference.map(|reference| ("reference", reference.to_string()));
    let all = others.filter(|(_, value)| !value.trim().is_empty()).chain(email).chain(reference);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish();
    format!("/api/admin/drafts/export?{query}{}format=", if query.is_empty() { "" } else { "&" })
}

/// What is filtered, in words.
fn in_words(asked: &Asked, names: &Names) -> Vec<String> {
    let span = |what: &str, span: &crate::clock::Span| {
        let from = span.from.map(|from| format!("{what} {} or later", from.in_words()));
        from.into_iter().chain(span.to.map(|to| format!("{what} before {}", to.in_words()))).collect::<Vec<_>>()
    };
    let company = asked.company.map(|company| match company {
        Belonging::None => "of no company".to_owned(),
        Belonging::To(id) => format!("of {}", names.company(id)),
    });
    let of_one = [
        asked.email.as_ref().map(|email| format!("of {}", email.as_str())),
        asked.reference.map(|reference| format!("with the reference {reference}")),
        asked.survey_id.map(|id| format!("in {}", names.survey(id))),
        company,
        asked.screen.map(|screen| format!("on screen {}", screen.0)),
    ];
    let times = [span("last saved", &asked.updated), span("begun", &asked.created), span("expiring", &asked.expires)];
    of_one.into_iter().flatten().chain(times.concat()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        pages::samples::{HOSTILE, rendered},
        progress::pages::samples,
    };

    fn page(drafts: Vec<Head>, entries: Entries) -> ListPage {
        ListPage {
            frame: Frame::sample("Drafts"),
            entries,
            names: Names::default(),
            surveys: Choices { options: vec![(1, HOSTILE.into())], are_all: true },
            companies: Choices { options: vec![(7, HOSTILE.into())], are_all: drafts.is_empty() },
            no_company: if drafts.is_empty() { "none" } else { "" },
            filtered: if drafts.is_empty() { Vec::new() } else { vec![HOSTILE.into()] },
            next: (!drafts.is_empty()).then(|| "/admin/drafts?after=x".into()),
            is_short: drafts.len() == 1,
            export: Some("/api/admin/drafts/export?format=".into()),
            drafts,
        }
    }

    #[test]
    fn every_template_is_rendered_and_no_text_becomes_markup() {
        let nobodys = Head { email: None, company_id: None, ..samples::head() };
        let names = ["q", "survey_id", "company_id", "screen", "updated_before", "created_after"];
        let mut entries = Entries::prefilled(&names.map(|name| (name, HOSTILE)));
        entries.note("screen", "must be an integer");
        let html = rendered(&page(vec![samples::head(), nobodys], entries));
        assert!(html.contains("nobody yet") && html.contains("Next page"), "{html}");
        let html = rendered(&page(vec![samples::head()], Entries::default()));
        assert!(html.contains("Search on"), "{html}");
        assert!(rendered(&page(Vec::new(), Entries::default())).contains("no draft yet"));
    }

    #[test]
    fn one_field_finds_a_draft_by_whatever_is_known_of_it() {
        let id: DraftId = "019aa5d2-7b5c-7d3e-8c1f-2f9a4b6c8d0e".parse().expect("an id");
        assert_eq!(Sought::parse(" 019AA5D2-7b5c-7d3e-8c1f-2f9a4b6c8d0e "), Ok(Sought::Draft(id)));
        assert_eq!(Sought::parse("06da bmkv bhyk"), Ok(Sought::Named(id.reference())));
        let ana = Email::parse("ana@example.com").expect("an email");
        assert_eq!(Sought::parse(" Ana@Example.com"), Ok(Sought::Of(ana)));
        assert_eq!(Sought::parse("ana@"), Err("must be an email address such as ana@example.com"));
        assert!(Sought::parse("ana").is_err());
    }
}
