//! Who may do what, as a table: every route of the service, asked by every kind of caller, on both databases.
//!
//! `rows.rs` says of each route what it needs and what it is about, `callers.rs` who asks. What each of them is to be
//! answered follows from these two alone, and is compared with what the service says.

mod callers;
mod rows;

use std::collections::BTreeSet;

use formprogress::{
    access::{Power, Role},
    keys::Kind,
};
use uuid::Uuid;

use self::{
    callers::{Caller, Is, World},
    rows::{Needs, Of, ROWS, Row},
};
use crate::support::{Answer, Client, Save, Service, Submission, at_once, service};

on_both_databases![every_caller_is_answered_as_the_table_says];

#[test]
fn every_route_has_a_row_and_every_row_is_a_routes() {
    let routes: BTreeSet<String> = service::routes().iter().map(|(method, path)| format!("{method} {path}")).collect();
    let rows: BTreeSet<String> = ROWS.iter().map(|row| row.route.to_owned()).collect();

    let without_row: Vec<_> = routes.difference(&rows).collect();
    assert!(without_row.is_empty(), "say in authorization/rows.rs who may use {without_row:#?}");
    let without_route: Vec<_> = rows.difference(&routes).collect();
    assert!(without_route.is_empty(), "there are no such routes: {without_route:#?}");
}

async fn every_caller_is_answered_as_the_table_says(service: &Service<'_>) {
    // So that a test, which is on this machine, needs the power like anybody else.
    service.restart_with(&[("metrics_access", "key")]).await;
    let world = World::new(service).await;
    let everybody = callers::everybody(service, &world).await;
    let (mut cells, mut wrong) = (0, Vec::new());
    for row in ROWS {
        let mut asking = everybody.clone();
        asking.extend(callers::people(service, &world));
        asking.extend(callers::by_power(service, row.needs.powers()).await);
        let mut played = Vec::new();
        for caller in asking {
            played.push((caller, Scene::of(service, &world, row).await));
        }
        let answers = at_once(played.into_iter().map(|(caller, mut scene)| {
            let client: Client = (**service).clone();
            async move {
                scene.set(&client).await;
                let answer = ask(&client, row, &scene, &caller).await;
                let is_untouched = scene.is_untouched(&client).await;
                (caller, scene, answer, is_untouched)
            }
        }));
        for (caller, scene, answer, is_untouched) in answers.await {
            let is_untouched = is_untouched && scene.has_what_it_had(service);
            if let Err(what) = judge(row, &caller, &scene, &answer, is_untouched) {
                let (row, who) = (row.name(), &caller.name);
                wrong.push(format!("{row}, asked by {who}: {what}: {} {}", answer.status, answer.body));
            }
            cells += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {cells} cells are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cells > 25 * ROWS.len(), "all were asked: {cells}");
}

/// Whether an answer is what the table says; if not, what is wrong with it.
fn judge(row: &Row, caller: &Caller, scene: &Scene, answer: &Answer, is_untouched: bool) -> Result<(), String> {
    let right = expected(row, caller);
    let told = match answer.header("Content-Type") {
        Some("application/problem+json") => Some(answer.json()["code"].as_str().unwrap_or_default().to_owned()),
        // Pages say it too.
        _ => answer.body.split("data-code=\"").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned),
    };
    if (answer.status, told.as_deref()) != right {
        return Err(format!("{right:?} would be right"));
    }
    if right != (row.ok, row.code) {
        return if is_untouched { Ok(()) } else { Err("it was refused and has changed something".into()) };
    }
    let (Some((of, text)), Is::Key(may) | Is::Person { grant: may, .. }) = (row.shows, &caller.is) else {
        return Ok(());
    };
    match (answer.body.contains(&scene.filled_in(text)), may.sees.what_is(of)) {
        (true, false) => Err(format!("{text} is shown")),
        (false, true) => Err(format!("{text} is not shown")),
        _ => Ok(()),
    }
}

/// What a row of the table and a caller come to: a status, and the code if it is a refusal.
fn expected(row: &Row, caller: &Caller) -> (u16, Option<&'static str>) {
    let fine = (row.ok, row.code);
    let unknown = (401, Some("UNAUTHORIZED"));
    let refused = |code| (403, Some(code));
    let forbidden = refused("FORBIDDEN");
    match (&row.needs, &caller.is) {
        (Needs::Nothing, _) => fine,
        // To the sign-in, or told that the session has ended.
        (needs, Is::Nobody | Is::Site { .. } | Is::Key(_)) if needs.is_page() => match row.is_change() {
            true => unknown,
            false => (303, None),
        },
        (_, Is::Nobody) => unknown,

        // The public routes do not look at sessions.
        (needs, Is::Person { .. }) if needs.is_public() => unknown,
        (needs, Is::Site { at_home: false }) if needs.is_public() => refused("ORIGIN_NOT_ALLOWED"),
        (needs, Is::Key(key)) if needs.is_public() && !needs.powers().iter().any(|power| key.may(*power)) => forbidden,
        (Needs::Public, _) => fine,
        (Needs::SubmitPair | Needs::Mark, Is::Key(key))
            if key.sees.is_limited_to_companies() || !key.sees.what_is(Of::Survey) =>
        {
            forbidden
        }
        (Needs::SubmitDraft, Is::Key(key)) if !key.sees.what_is(Of::Both) => (404, Some("DRAFT_NOT_FOUND")),
        (Needs::SubmitPair | Needs::SubmitDraft, _) => fine,
        (Needs::Mark, Is::Key(key)) if key.may(Power::Submit) => fine,
        (Needs::Mark, _) => refused("SERVER_KEY_REQUIRED"),

        (_, Is::Site { .. }) => forbidden,
        (_, Is::Person { proves: false, .. }) if row.is_change() => refused("CSRF_TOKEN_INVALID"),
        (Needs::Person, Is::Key(_)) => forbidden,
        (Needs::Person | Needs::Page, Is::Person { .. }) => fine,
        (Needs::PageFor(power) | Needs::PageForAll(power) | Needs::PageOf(power, _), Is::Person { grant, .. })
            if !grant.may(*power) =>
        {
            forbidden
        }
        (Needs::PageForAll(_), Is::Person { grant, .. }) if grant.sees.is_limited() => forbidden,
        (Needs::PageOf(_, hidden), Is::Person { grant, .. }) => {
            let hidden = hidden.iter().find(|(of, _)| !grant.sees.what_is(*of));
            hidden.map_or(fine, |(_, code)| (404, Some(code)))
        }
        (Needs::PageFor(_) | Needs::PageForAll(_), Is::Person { .. }) => fine,
        (needs, Is::Key(may) | Is::Person { grant: may, .. }) => match needs {
            needs if !needs.powers().iter().any(|power| may.may(*power)) => forbidden,
            Needs::AdminOfAll(_) if may.sees.is_limited() => forbidden,
            Needs::AdminOf(_, hidden) => {
                let hidden = hidden.iter().find(|(of, _)| !may.sees.what_is(*of));
                hidden.map_or(fine, |(_, code)| (404, Some(code)))
            }
            _ => fine,
        },
    }
}

/// What a cell of the table is played with, as far as its row names it: a draft of survey 1 and the company ACME, at its second
/// version, with an earlier state that can be restored; a submission of the same; an account, a key; names that nobody has yet.
struct Scene {
    acme: i64,
    draft: Option<Uuid>,
    email: String,
    has_submission: bool,
    submission: i64,
    submitter: String,
    account: Option<i64>,
    key: Option<i64>,
    new: Uuid,
}

impl Scene {
    async fn of(service: &Service<'_>, world: &World, row: &Row) -> Self {
        let names = |name: &str| row.path.contains(name) || row.body.contains(name);
        let (id, new) = (Uuid::now_v7(), Uuid::now_v7());
        let (email, submitter) = (format!("p{}@example.com", id.simple()), format!("s{}@example.com", id.simple()));
        let account = names("{account}").then(|| service.add_account(&email, Role::Viewer, &[]).0.0);
        let draft = (names("{draft}") || names("{email}")).then_some(id);
        let mut key = None;
        if names("{key}") {
            service.key(Kind::Site { origins: None }).await;
            key = Some(service.database.number("SELECT max(id) AS value FROM api_keys"));
        }
        let has_submission = names("{submission}") || names("{submitter}");
        Self { acme: world.acme.0, draft, email, has_submission, submission: 0, submitter, account, key, new }
    }

    async fn set(&mut self, client: &Client) {
        if let Some(draft) = self.draft {
            let code = r#""guestCodeResponse":{"guestCode":"ACME"}"#;
            for (data, status) in [(format!(r#"{{{code},"a":1}}"#), 201), (format!("{{{code}}}"), 200)] {
                let save = Save::of(&self.email).data(data);
                client.put(&draft.to_string(), save.body()).await.expect(status);
            }
        }
        if self.has_submission {
            let submitted =
                client.submit(Submission::of(&self.submitter).with("guest_code", r#""ACME""#)).await.expect(201);
            self.submission = submitted.json()["submission_id"].as_i64().expect("a submission has a number");
        }
    }

    fn filled_in(&self, text: &str) -> String {
        text.replace("{draft}", &self.draft.unwrap_or_default().to_string())
            .replace("{email}", &self.email)
            .replace("{submission}", &self.submission.to_string())
            .replace("{submitter}", &self.submitter)
            .replace("{key}", &self.key.unwrap_or_default().to_string())
            .replace("{account}", &self.account.unwrap_or_default().to_string())
            .replace("{acme}", &self.acme.to_string())
            .replace("{new}", &self.new.to_string())
    }

    /// Whether the draft is as it was, if there was one.
    async fn is_untouched(&self, client: &Client) -> bool {
        let Some(draft) = self.draft else { return true };
        let answer = client.draft(&draft.to_string()).await;
        answer.status == 200 && answer.version() == 2
    }

    /// Whether the account and the key are as they were, if there were any.
    fn has_what_it_had(&self, service: &Service<'_>) -> bool {
        let is_there = |sql: String| service.database.number(&format!("SELECT count(*) AS value FROM {sql}")) == 1;
        self.account.is_none_or(|id| is_there(format!("accounts WHERE id = {id} AND role = 'viewer'")))
            && self.key.is_none_or(|id| is_there(format!("api_keys WHERE id = {id} AND revoked_at IS NULL")))
    }
}

async fn ask(client: &Client, row: &Row, scene: &Scene, caller: &Caller) -> Answer {
    let mut request = client.request(row.method(), &scene.filled_in(row.path)).anonymous();
    for (name, value) in &caller.headers {
        request = request.header(name, value);
    }
    let shown = caller.headers.iter().find(|(name, _)| *name == "X-CSRF-Token");
    let body = scene.filled_in(row.body).replace("{csrf}", shown.map_or("", |(_, token)| token.as_str()));
    match body.as_bytes() {
        [] => request.send().await,
        [b'{', ..] => request.json(body).send().await,
        _ => request.header("Content-Type", "application/x-www-form-urlencoded").body(body).send().await,
    }
}
