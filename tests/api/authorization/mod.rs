//! Who may do what, as a table: every route of the service, asked by every kind of caller, on both databases.
//!
//! `rows.rs` says of each route what it needs and what it is about, `callers.rs` who asks. What each of them is to be
//! answered follows from these two alone, and is compared with what the service says.

mod callers;
mod rows;

use std::collections::BTreeSet;

use formprogress::access::Power;
use uuid::Uuid;

use self::{
    callers::{Caller, Is, World},
    rows::{Needs, ROWS, Row},
};
use crate::support::{Answer, Client, Save, Service, at_once, service};

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
        asking.extend(callers::by_power(service, row.needs.powers()).await);
        let answers = at_once(asking.into_iter().map(|caller| {
            let client: Client = (**service).clone();
            async move {
                let scene = Scene::for_row(&client, row).await;
                let answer = ask(&client, row, &scene, &caller).await;
                let is_untouched = scene.is_untouched(&client).await;
                (caller, answer, is_untouched)
            }
        }));
        for (caller, answer, is_untouched) in answers.await {
            let (status, code) = expected(row, &caller);
            let told = answer.headers.get("Content-Type").is_some_and(|kind| kind == "application/problem+json");
            let told = told.then(|| answer.json()["code"].as_str().unwrap_or_default().to_owned());
            if (answer.status, told.as_deref()) != (status, code) {
                wrong.push(format!("{}, asked by {}: {status} {code:?}, but: {answer:?}", row.name(), caller.name));
            } else if code.is_some() && !is_untouched {
                wrong.push(format!(
                    "{}, asked by {}: it was refused and has changed something",
                    row.name(),
                    caller.name
                ));
            }
            cells += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {cells} cells are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cells > 25 * ROWS.len(), "all were asked: {cells}");
}

/// What a row of the table and a caller come to: a status, and the code if it is a refusal.
fn expected(row: &Row, caller: &Caller) -> (u16, Option<&'static str>) {
    let fine = (row.ok, None);
    let unknown = (401, Some("UNAUTHORIZED"));
    let refused = |code| (403, Some(code));
    let forbidden = refused("FORBIDDEN");
    match (&row.needs, &caller.is) {
        (Needs::Nothing, _) => fine,
        (_, Is::Nobody) => unknown,

        // The public routes do not look at sessions.
        (needs, Is::Person { .. }) if needs.is_public() => unknown,
        (needs, Is::Site { at_home: false }) if needs.is_public() => refused("ORIGIN_NOT_ALLOWED"),
        (needs, Is::Key(key)) if needs.is_public() && !needs.powers().iter().any(|power| key.may(*power)) => forbidden,
        (Needs::Public, _) => fine,
        (Needs::SubmitPair | Needs::Mark, Is::Key(key)) if key.sees.in_part_of_companies || !key.sees.survey => {
            forbidden
        }
        (Needs::SubmitDraft, Is::Key(key)) if !key.sees.thing() => (404, Some("DRAFT_NOT_FOUND")),
        (Needs::SubmitPair | Needs::SubmitDraft, _) => fine,
        (Needs::Mark, Is::Key(key)) if key.may(Power::Submit) => fine,
        (Needs::Mark, _) => refused("SERVER_KEY_REQUIRED"),

        (Needs::Admin(_) | Needs::AdminOf(..), Is::Site { .. }) => forbidden,
        (Needs::Admin(_) | Needs::AdminOf(..), Is::Person { proves: false, .. }) if row.is_change() => {
            refused("CSRF_TOKEN_INVALID")
        }
        (Needs::Admin(power) | Needs::AdminOf(power, _), Is::Key(grant) | Is::Person { grant, .. })
            if !grant.may(*power) =>
        {
            forbidden
        }
        (Needs::AdminOf(_, hidden), Is::Key(grant) | Is::Person { grant, .. }) if !grant.sees.thing() => {
            (404, Some(*hidden))
        }
        (Needs::Admin(_) | Needs::AdminOf(..), _) => fine,
    }
}

/// What a cell of the table is played with: a draft of survey 1 and the company ACME, at its second version, with an earlier
/// state that can be restored; and names that nobody has yet.
struct Scene {
    draft: Option<Uuid>,
    email: String,
    new: Uuid,
}

impl Scene {
    async fn for_row(client: &Client, row: &Row) -> Self {
        let (draft, new) = (Uuid::now_v7(), Uuid::now_v7());
        let email = format!("p{}@example.com", draft.simple());
        if !["{draft}", "{email}"].iter().any(|name| row.path.contains(name) || row.body.contains(name)) {
            return Self { draft: None, email, new };
        }
        let code = r#""guestCodeResponse":{"guestCode":"ACME"}"#;
        for (data, status) in [(format!(r#"{{{code},"a":1}}"#), 201), (format!("{{{code}}}"), 200)] {
            let save = Save::of(&email).data(data);
            client.put(&draft.to_string(), save.body()).await.expect(status);
        }
        Self { draft: Some(draft), email, new }
    }

    fn filled_in(&self, text: &str) -> String {
        text.replace("{draft}", &self.draft.unwrap_or_default().to_string())
            .replace("{email}", &self.email)
            .replace("{new}", &self.new.to_string())
    }

    /// Whether the draft is as it was, if there was one.
    async fn is_untouched(&self, client: &Client) -> bool {
        let Some(draft) = self.draft else { return true };
        let answer = client.draft(&draft.to_string()).await;
        answer.status == 200 && answer.version() == 2
    }
}

async fn ask(client: &Client, row: &Row, scene: &Scene, caller: &Caller) -> Answer {
    let mut request = client.request(row.method(), &scene.filled_in(row.path)).anonymous();
    for (name, value) in &caller.headers {
        request = request.header(name, value);
    }
    match row.body {
        "" => request.send().await,
        body => request.json(scene.filled_in(body)).send().await,
    }
}
