//! What a page costs the database: a bounded number of statements, whatever the number of rows.

use std::collections::{BTreeMap, BTreeSet};

use formprogress::{
    access::{Grant, Power, Reach, Role},
    companies::CompanyId,
    keys::Kind,
    surveys::SurveyId,
};
use uuid::Uuid;

use crate::support::{Save, Service, Submission, accounts::SignedIn, database::SURVEY, service};

on_both_databases![a_page_costs_as_much_with_many_rows_as_with_few];

/// The most statements that a page may take. Who is signed in is one; to write down that somebody looked takes four.
const MOST: u64 = 18;

/// Every GET route of the pages, and how it is asked: so that as many rows show as may. A route may have several rows.
///
/// `{survey}`, `{company}`, `{draft}`, `{submission}`, `{account}` and `{key}` are there, and `{version}` of the draft is an earlier state; `{email}` has a draft and `{submitter}` a
/// submission in each survey; the draft has earlier states.
const PAGES: &[(&str, &str)] = &[
    ("/admin/assets/<version>/<file>", "/admin/assets/x/admin.css"),
    ("/admin/sign-in", "/admin/sign-in"),
    ("/admin/set-password/<token>", "/admin/set-password/nobodys"),
    ("/admin/account", "/admin/account"),
    ("/admin/accounts", "/admin/accounts?limit=200"),
    ("/admin/accounts/new", "/admin/accounts/new"),
    ("/admin/accounts/<id>", "/admin/accounts/{account}"),
    ("/admin/accounts/<id>/remove", "/admin/accounts/{account}/remove"),
    ("/admin/audit", "/admin/audit?limit=200"),
    ("/admin/companies", "/admin/companies?limit=200"),
    ("/admin/companies/new", "/admin/companies/new"),
    ("/admin/keys", "/admin/keys?limit=200"),
    ("/admin/keys/new/site", "/admin/keys/new/site"),
    ("/admin/keys/new/server", "/admin/keys/new/server"),
    ("/admin/keys/<id>/revoke", "/admin/keys/{key}/revoke"),
    ("/admin/system", "/admin/system"),
    ("/admin", "/admin"),
    ("/admin/surveys", "/admin/surveys?limit=200"),
    ("/admin/surveys/new", "/admin/surveys/new"),
    ("/admin/surveys/<id>", "/admin/surveys/{survey}"),
    ("/admin/surveys/<id>", "/admin/surveys/{survey}?company_id={company}"),
    ("/admin/surveys/<id>/replace", "/admin/surveys/{survey}/replace"),
    ("/admin/surveys/<id>/settings", "/admin/surveys/{survey}/settings"),
    ("/admin/surveys/<id>/status/<status>", "/admin/surveys/{survey}/status/closed"),
    ("/admin/drafts", "/admin/drafts?limit=200"),
    ("/admin/drafts/<id>", "/admin/drafts/{draft}"),
    ("/admin/drafts/<id>/discard", "/admin/drafts/{draft}/discard"),
    ("/admin/drafts/<id>/extend", "/admin/drafts/{draft}/extend"),
    ("/admin/drafts/<id>/submit", "/admin/drafts/{draft}/submit"),
    ("/admin/drafts/<id>/versions/<version>", "/admin/drafts/{draft}/versions/{version}"),
    ("/admin/drafts/<id>/versions/<version>/restore", "/admin/drafts/{draft}/versions/{version}/restore"),
    ("/admin/companies/<id>", "/admin/companies/{company}"),
    ("/admin/companies/<id>/off", "/admin/companies/{company}/off"),
    ("/admin/submissions", "/admin/submissions?limit=200"),
    ("/admin/submissions/<id>", "/admin/submissions/{submission}"),
    ("/admin/person", "/admin/person"),
    ("/admin/person", "/admin/person?email={email}"),
    ("/admin/person", "/admin/person?email={submitter}"),
    ("/admin/person/erase", "/admin/person/erase?email={email}"),
];

#[test]
fn every_page_is_measured() {
    let pages = service::routes().into_iter().filter(|(method, _)| method == "GET").map(|(_, path)| path);
    let pages: BTreeSet<String> = pages.filter(|path| path == "/admin" || path.starts_with("/admin/")).collect();
    let measured: BTreeSet<String> = PAGES.iter().map(|(route, _)| (*route).to_owned()).collect();
    assert_eq!(measured, pages, "PAGES (left) has a row for each page (right)");
}

async fn a_page_costs_as_much_with_many_rows_as_with_few(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    service.drafts_key().await;
    let mut rows = Rows { draft: Uuid::now_v7(), ..Rows::default() };
    rows.grow_to(service, &owner, 3).await;
    let few = costs(service, &owner, &rows).await;
    rows.grow_to(service, &owner, 60).await;
    let many = costs(service, &owner, &rows).await;

    assert_eq!(few, many, "a page costs more (right) the more there is to show");
    let dear: Vec<_> = many.iter().filter(|(_, cost)| **cost > MOST).collect();
    assert!(dear.is_empty(), "these cost more than {MOST} statements: {dear:#?}");
}

/// What each page costs: the less of two times, since the first may find something that is not prepared yet.
async fn costs(service: &Service<'_>, owner: &SignedIn, rows: &Rows) -> BTreeMap<&'static str, u64> {
    let mut meter = Meter::of(service).await;
    let mut costs = BTreeMap::new();
    for (_, path) in PAGES {
        let mut least = u64::MAX;
        for _ in 0..2 {
            let before = meter.settled().await;
            let answer = owner.bare_request("GET", &rows.filled_in(path)).send().await;
            assert!(matches!(answer.status, 200 | 410), "{path}: {} {}", answer.status, answer.body);
            least = least.min(meter.settled().await - before);
        }
        costs.insert(*path, least);
    }
    costs
}

/// Reads how many statements the database has run, but for those that it takes to ask.
struct Meter<'a> {
    service: &'a Service<'a>,
    /// What it takes to ask, and how often that was done.
    asking: u64,
    asked: u64,
}

impl<'a> Meter<'a> {
    async fn of(service: &'a Service<'a>) -> Self {
        let mut meter = Self { service, asking: u64::MAX, asked: 0 };
        let mut last = meter.read().await;
        for _ in 0..5 {
            let next = meter.read().await;
            (meter.asking, last) = (meter.asking.min(next - last), next);
        }
        meter
    }

    /// Once nothing is under way: a writer looks after its connection when it has answered already, and notes when a key was used.
    async fn settled(&mut self) -> u64 {
        let mut last = self.read().await;
        loop {
            let next = self.read().await;
            if next - last == self.asking {
                return next - self.asking * self.asked;
            }
            last = next;
        }
    }

    async fn read(&mut self) -> u64 {
        self.asked += 1;
        self.service.metrics().await.value("formprogress_database_queries_total") as u64
    }
}

/// What there is, and one of each to look at.
#[derive(Default)]
struct Rows {
    so_many: usize,
    survey: i64,
    company: i64,
    draft: Uuid,
    submission: i64,
    account: i64,
    key: i64,
    version: i64,
}

const EMAIL: &str = "person@example.com";
const SUBMITTER: &str = "done@example.com";

impl Rows {
    /// So many of everything: surveys, companies, drafts, submissions, events, accounts and keys with as many limits, entries in
    /// the audit log.
    async fn grow_to(&mut self, service: &Service<'_>, owner: &SignedIn, so_many: usize) {
        let (mut surveys, mut companies) = (BTreeSet::new(), BTreeSet::new());
        for number in self.so_many..so_many {
            let survey = service.database.add_survey(SURVEY);
            let code = format!("CODE-{number}");
            let company = service.database.add_company(&format!("Company {number}"), &code);
            let id = if self.so_many == 0 && number == 0 { self.draft } else { Uuid::now_v7() };
            let save = Save::of(EMAIL).survey(survey.0).guest_code(&code).screen(2);
            service.put(&id.to_string(), save.body()).await.expect(201);
            let submission = Submission::of(SUBMITTER).with("survey_id", survey.0.to_string());
            let submission = submission.with("guest_code", format!("\"{code}\""));
            let submitted = service.submit(submission).await.expect(201).json();
            surveys.insert(survey);
            companies.insert(company);
            (self.survey, self.company) = (survey.0, company.0);
            self.submission = submitted["submission_id"].as_i64().expect("a submission has a number");
            owner.bare_request("GET", &format!("/api/admin/drafts/{id}")).anonymous().send().await.expect(200);
            self.add_earlier_state(service, number).await;
            self.version = service.database.number("SELECT max(version) AS value FROM previous_states");
            self.add_account_and_key(service, number, &surveys, &companies).await;
        }
        self.so_many = so_many;
    }

    /// A save with more values, and one with fewer: the state between is kept.
    async fn add_earlier_state(&self, service: &Service<'_>, number: usize) {
        let id = self.draft.to_string();
        let answer = service.draft(&id).await.expect(200).json();
        let survey = answer["survey_id"].as_i64().expect("a draft has a survey");
        for data in [format!(r#"{{"a":{number},"b":1,"c":1}}"#), format!(r#"{{"a":{number}}}"#)] {
            service.save(Save::of(EMAIL).survey(survey).data(data)).await.expect(200);
        }
    }

    async fn add_account_and_key(
        &mut self,
        service: &Service<'_>,
        number: usize,
        surveys: &BTreeSet<SurveyId>,
        companies: &BTreeSet<CompanyId>,
    ) {
        let limits: Vec<CompanyId> = companies.iter().copied().collect();
        self.account = service.add_account(&format!("a{number}@example.com"), Role::Viewer, &limits).0.0;
        let grant = Grant {
            powers: [Power::ReadDrafts, Power::ReadSubmissions].into(),
            surveys: Reach::Only(surveys.clone()),
            companies: Reach::Only(companies.clone()),
        };
        let key = service.key(Kind::Server { grant }).await;
        // So that the audit log names many keys.
        let bearer = format!("Bearer {key}");
        let read = service.request("GET", "/api/admin/drafts").header("Authorization", &bearer);
        read.send().await.expect(200);
        self.key = service.database.number("SELECT max(id) AS value FROM api_keys");
    }

    fn filled_in(&self, path: &str) -> String {
        path.replace("{survey}", &self.survey.to_string())
            .replace("{company}", &self.company.to_string())
            .replace("{draft}", &self.draft.to_string())
            .replace("{submission}", &self.submission.to_string())
            .replace("{version}", &self.version.to_string())
            .replace("{account}", &self.account.to_string())
            .replace("{key}", &self.key.to_string())
            .replace("{email}", EMAIL)
            .replace("{submitter}", SUBMITTER)
    }
}
