//! The pages of API keys, for owners.

use askama::Template;
use rocket::{Route, State, get, post, routes};

use super::{
    ApiKey, KeyId, Kind, Name, Origin, Ring,
    admin::{self, KindName, NewKey},
    names::Names,
    rules,
};
use crate::{
    access::{Power, rules::NOT_FOR_KEYS},
    companies::{self, CompanyId},
    db::Database,
    http::{
        Fields, Parameter, PublicUrl, Query,
        list::{Cursor, List, PAGE_PARAMETERS},
    },
    pages::{
        Confirm, Entries, Frame, Opened, Page, PageProblem, PageResult, Posted, Section,
        limits::{self, Limits, MOST_CHOICES},
    },
    problem::Problem,
    progress::writer::Writer,
    surveys::{self, SurveyId},
};

/// The routes of these pages.
pub fn routes() -> Vec<Route> {
    routes![list, ask_new_site, ask_new_server, make, ask_revoke, revoke]
}

#[derive(Template)]
#[template(path = "keys/templates/list.html")]
struct ListPage {
    frame: Frame,
    entries: Entries,
    keys: Vec<ApiKey>,
    names: Names,
    next: Option<String>,
}

#[get("/keys")]
async fn list(opened: Result<Opened, PageProblem>, query: Query<'_>, database: &State<Database>) -> PageResult {
    let (_, frame) = opened?.may(Power::Keys, "API keys", Section::Keys)?;
    let mut entries = Entries::of_query(&query);
    let found = match admin::Asked::of(entries.filters(&PAGE_PARAMETERS)) {
        Ok(asked) => {
            let found = admin::list(&asked, database).await?;
            List::of(found, &asked.page, |key| Cursor::of(&[&key.id.0]), |key| key)
        }
        Err(problem) => {
            entries.blame(problem)?;
            List::with_next(Vec::new(), None)
        }
    };
    let next = found.next.map(|next| entries.address("/admin/keys", "after", Some(&next)));
    let names = Names::of(&found.items, database).await?;
    Page::show(&ListPage { frame, entries, keys: found.items, names, next })
}

#[derive(Template)]
#[template(path = "keys/templates/new.html")]
struct NewPage {
    frame: Frame,
    entries: Entries,
    is_server: bool,
    /// Whether the public routes close with it.
    is_first: bool,
    surveys: Limits,
    companies: Limits,
}

impl NewPage {
    async fn of(frame: Frame, kind: KindName, entries: Entries, database: &Database) -> Result<Self, Problem> {
        let is_server = kind == KindName::Server;
        let title = if is_server { "Make a server key" } else { "Make a site key" };
        let is_first = admin::would_be_first(database).await?;
        let both = |conn: &mut _| {
            let surveys = surveys::store::page(conn, None, None, None, MOST_CHOICES + 1)?;
            Ok((surveys, companies::store::page(conn, None, None, None, MOST_CHOICES + 1)?))
        };
        let (surveys, companies) = database.read(both).await?;
        let surveys = surveys.into_iter().map(|survey| (survey.id, survey.name));
        let companies = companies.into_iter().map(|company| (company.id.0, company.name));
        Ok(Self {
            frame: frame.titled(title),
            entries,
            is_server,
            is_first,
            surveys: Limits::among("surveys", "Surveys", surveys),
            companies: Limits::among("companies", "Companies", companies),
        })
    }

    /// What there is to choose from.
    fn powers(&self) -> impl Iterator<Item = Power> {
        Power::ALL.iter().copied().filter(|power| !NOT_FOR_KEYS.contains(power))
    }
}

#[get("/keys/new/site")]
async fn ask_new_site(opened: Result<Opened, PageProblem>, database: &State<Database>) -> PageResult {
    ask_new(opened?, KindName::Site, database).await
}

#[get("/keys/new/server")]
async fn ask_new_server(opened: Result<Opened, PageProblem>, database: &State<Database>) -> PageResult {
    ask_new(opened?, KindName::Server, database).await
}

async fn ask_new(opened: Opened, kind: KindName, database: &Database) -> PageResult {
    let (_, frame) = opened.may(Power::Keys, "", Section::Keys)?;
    Page::show(&NewPage::of(frame, kind, Entries::default(), database).await?)
}

/// A key, which is shown this once: so the form's own answer is the page.
#[derive(Template)]
#[template(path = "keys/templates/made.html")]
struct MadePage {
    frame: Frame,
    key: ApiKey,
    secret: String,
    example: Option<String>,
    /// Whether the public routes closed with it.
    is_first: bool,
}

#[post("/keys", data = "<form>")]
async fn make(
    form: Result<Posted, PageProblem>,
    database: &State<Database>,
    writer: &State<Writer>,
    ring: &State<Ring>,
    public_url: &State<PublicUrl>,
    listening: &rocket::Config,
) -> PageResult {
    let (caller, frame, mut entries) = form?.may(Power::Keys, "The key was made", Section::Keys)?;
    let kind = KindName::parse(entries.value("kind")).map_err(|_| Problem::BadRequest)?;
    let is_first = admin::would_be_first(database).await?;
    let mut fields = entries.fields();
    let new = asked_in(&entries, &mut fields, kind);
    match admin::make(&caller, fields, new, (database, writer, ring)).await {
        Ok((secret, key)) => {
            let example = admin::example(&secret, &key.kind, |path| public_url.link(listening, path));
            Page::show(&MadePage { frame, key, secret: secret.reveal().to_owned(), example, is_first })
        }
        Err(problem) => {
            entries.blame(problem.clone())?;
            Page::refused(&problem, &NewPage::of(frame, kind, entries, database).await?)
        }
    }
}

/// The key that a form asks for.
fn asked_in(entries: &Entries, fields: &mut Fields<'_>, kind: KindName) -> NewKey {
    let name = fields.required::<Name>("name");
    let asked = match kind {
        KindName::Site => rules::Asked { origins: origins_in(entries, fields), ..rules::Asked::default() },
        KindName::Server => rules::Asked {
            is_server: true,
            origins: None,
            powers: fields.list::<Power>("powers"),
            surveys: limits::chosen::<SurveyId>(entries, fields, "surveys"),
            companies: limits::chosen::<CompanyId>(entries, fields, "companies"),
        },
    };
    NewKey { name, kind: Some(kind), asked }
}

/// Origins, one a line; none for any.
fn origins_in(entries: &Entries, fields: &mut Fields<'_>) -> Option<Vec<Origin>> {
    let lines = entries.value("origins").lines().map(str::trim).filter(|line| !line.is_empty());
    let origins: Vec<Result<Origin, &str>> = lines.map(Origin::parse).collect();
    if origins.iter().any(Result::is_err) {
        fields.note("origins", "must be one a line, such as https://forms.example.org, without a path");
    }
    let origins: Vec<Origin> = origins.into_iter().flatten().collect();
    (!origins.is_empty()).then_some(origins)
}

#[get("/keys/<id>/revoke")]
async fn ask_revoke(id: Option<KeyId>, opened: Result<Opened, PageProblem>, database: &State<Database>) -> PageResult {
    let (_, frame) = opened?.may(Power::Keys, "", Section::Keys)?;
    let key = admin::find(id.ok_or(Problem::KeyNotFound)?, database).await?;
    let who = match key.kind {
        Kind::Site { .. } => {
            "Pages that send it cannot save or submit any more: their participants see an error. The public routes stay closed to requests without a key."
        }
        Kind::Server { .. } => "The program that uses it is refused from now on.",
    };
    Page::show(&Confirm {
        frame: frame.titled(format!("Revoke the key “{}”?", key.name)),
        what: vec![
            format!(
                "The key {}… is refused at once; by other processes on the same database within a second.",
                key.hint
            ),
            who.into(),
            "It cannot be made valid again. It stays in the list, as revoked.".into(),
        ],
        action: format!("/admin/keys/{}/revoke", key.id.0),
        button: "Revoke the key",
        back: "/admin/keys".into(),
        hidden: Vec::new(),
        typed: None,
        entries: Entries::default(),
    })
}

#[post("/keys/<id>/revoke", data = "<form>")]
async fn revoke(
    id: Option<KeyId>,
    form: Result<Posted, PageProblem>,
    writer: &State<Writer>,
    ring: &State<Ring>,
) -> PageResult {
    let (caller, ..) = form?.may(Power::Keys, "", Section::Keys)?;
    let id = id.ok_or(Problem::KeyNotFound)?;
    let said = match admin::revoke(&caller, id, writer, ring).await? {
        true => format!("Key {} is revoked.", id.0),
        false => format!("Key {} was revoked before.", id.0),
    };
    Page::done("/admin/keys", said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        access::{Grant, Reach},
        pages::samples::{HOSTILE, rendered},
    };

    fn key(id: i64, kind: Kind) -> ApiKey {
        let now = "2026-11-21T09:30:00Z".parse().expect("a moment");
        ApiKey {
            id: KeyId(id),
            name: HOSTILE.into(),
            hint: HOSTILE.into(),
            kind,
            created_at: now,
            used_at: (id == 1).then_some(now),
            revoked_at: (id == 2).then_some(now),
        }
    }

    fn server() -> Kind {
        let (surveys, companies) = (Reach::Only([SurveyId(1), SurveyId(2)].into()), Reach::Only([CompanyId(1)].into()));
        Kind::Server { grant: Grant { powers: [Power::ReadDrafts].into(), surveys, companies } }
    }

    #[test]
    fn every_template_is_rendered_and_no_text_becomes_markup() {
        let page = |keys| ListPage {
            frame: Frame::sample("API keys"),
            entries: Entries::default(),
            keys,
            names: Names { surveys: vec![(1, HOSTILE.into())], companies: vec![(1, HOSTILE.into())] },
            next: Some("/admin/keys?after=x".into()),
        };
        let site = |origins| Kind::Site { origins };
        let some = Some([HOSTILE.to_owned()].into());
        let html = rendered(&page(vec![key(1, server()), key(2, site(some.clone())), key(3, site(None))]));
        assert!(html.contains("survey 2, which is gone") && html.contains("any origin"), "{html}");
        assert!(rendered(&page(Vec::new())).contains("There is no API key yet"));

        for is_server in [false, true] {
            let mut entries = Entries::prefilled(&[("name", HOSTILE), ("origins", HOSTILE), ("powers", "drafts:read")]);
            for field in ["name", "origins", "powers", "surveys", "companies"] {
                entries.note(field, "must be something else");
            }
            let choices = |name, legend| Limits::among(name, legend, (1..=201).map(|id| (id, HOSTILE.to_owned())));
            let html = rendered(&NewPage {
                frame: Frame::sample("Make a key"),
                entries,
                is_server,
                is_first: is_server,
                surveys: choices("surveys", "Surveys"),
                companies: choices("companies", "Companies"),
            });
            assert_eq!(html.matches("must be something else.").count(), if is_server { 4 } else { 2 }, "{html}");
            let (example, kind) =
                (is_server.then(|| HOSTILE.to_owned()), if is_server { server() } else { site(None) });
            let frame = Frame::sample("The key was made");
            rendered(&MadePage { frame, key: key(1, kind), secret: HOSTILE.into(), example, is_first: is_server });
        }
    }
}
