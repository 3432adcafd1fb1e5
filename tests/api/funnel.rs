//! The funnel of a history that is known: every figure was worked out by hand.

use chrono::TimeDelta;
use formprogress::{
    access::{Grant, Power, Reach},
    companies::CompanyId,
    keys::Kind,
    surveys::SurveyId,
};
use serde_json::{Value, json};

use crate::support::{Save, Service, Submission, formprogress};

on_both_databases![
    a_known_history_has_the_funnel_that_was_worked_out_by_hand,
    a_company_has_a_funnel_of_its_own,
    a_period_has_the_drafts_that_began_in_it,
    a_survey_that_nobody_has_begun_has_an_empty_funnel,
    screens_far_beyond_any_form_count_as_one,
    who_is_limited_sees_the_figures_of_their_own,
    what_is_wrong_with_the_question_is_told,
    a_funnel_needs_its_power,
    the_command_tells_the_same,
];

/// Survey 2: two of its three screens are ever reached by those who begin at the first, and there is a fourth one.
const WITH_SCREENS: &str = r#"{"name":"Commuting","definition":{"pages":[]},"screens":[
    {"name":"you","title":"About you"},{"name":"way"},{"name":"thanks","title":"Thank you"}]}"#;

/// Everything that happens in the known history, in survey 2.
struct History {
    acme: CompanyId,
    globex: CompanyId,
}

/// The 21st, 09:30:
/// - Ana begins at screen 0, is at 1 after 60 s, at 3 after 90 s, and submits after 100 s.
/// - Ben begins at screen 0, says after 20 s that he is of Acme, is at 1 after 40 s, and discards.
/// - Cleo begins at screen 0 and stays there.
/// - Dan begins at screen 1, of Globex.
/// - Eva submits without a draft, of Acme.
///
/// The 22nd, 09:30: Cleo comes back, is at 1, and says after 10 s that she is of Acme; she submits after 30 s.
/// Fay begins at screen 0.
///
/// The 23rd of December: Dan and Fay have expired, on the 21st and the 22nd of December.
async fn happen(service: &Service<'_>) -> History {
    service.server_key(&[Power::Participate, Power::Submit, Power::Figures]).await;
    service.database.add_survey(WITH_SCREENS);
    let acme = service.database.add_company("Acme", "ACME");
    let globex = service.database.add_company("Globex", "GLOBEX");
    let save = |name: &str| Save::of(&format!("{name}@example.com")).survey(2);
    let wait = |seconds| service.clock.advance(TimeDelta::seconds(seconds));
    let answers = |name: &str| Submission::of(&format!("{name}@example.com")).with("survey_id", "2").without("answers");

    for name in ["ana", "ben", "cleo"] {
        service.save(save(name)).await.expect(201);
    }
    service.save(save("dan").guest_code("GLOBEX").screen(1)).await.expect(201);
    service.submit(answers("eva").with("guest_code", "\"ACME\"")).await.expect(201);
    wait(20);
    service.save(save("ben").guest_code("ACME")).await.expect(200);
    wait(20);
    service.save(save("ben").guest_code("ACME").screen(1)).await.expect(200);
    service.delete("/api/progress?email=ben%40example.com&survey_id=2").await.expect(204);
    wait(20);
    service.save(save("ana").screen(1)).await.expect(200);
    wait(30);
    service.save(save("ana").screen(3)).await.expect(200);
    wait(10);
    service.submit(answers("ana")).await.expect(201);

    wait(86_400 - 100);
    service.save(save("cleo").screen(1)).await.expect(200);
    service.save(save("fay")).await.expect(201);
    wait(10);
    service.save(save("cleo").guest_code("ACME")).await.expect(200);
    wait(20);
    service.submit(answers("cleo")).await.expect(201);
    service.clock.advance(TimeDelta::days(31));
    History { acme, globex }
}

async fn funnel(service: &Service<'_>, query: &str) -> Value {
    service.get(&format!("/api/admin/surveys/2/funnel{query}")).await.expect(200).json()
}

/// The funnel before and after everything that must not change it.
async fn at_all_times(service: &Service<'_>, query: &str, expected: &Value) {
    assert_eq!(funnel(service, query).await, *expected, "as it is");
    service.fold_events().await;
    assert_eq!(funnel(service, query).await, *expected, "folded");
    service.purge().await;
    assert_eq!(funnel(service, query).await, *expected, "purged");
    service.fold_events().await;
    service.forget_events(1).await;
    assert_eq!(funnel(service, query).await, *expected, "forgotten");
}

fn screen(
    screen: i32,
    name: Option<&str>,
    title: Option<&str>,
    counts: [i64; 4],
    share: Value,
    median: Value,
) -> Value {
    let [reached, submitted, lost, alive] = counts;
    json!({"screen": screen, "name": name, "title": title, "reached": reached, "submitted": submitted, "lost": lost,
        "share_lost": share, "alive": alive, "median_seconds": median})
}

fn day(day: &str, counts: [i64; 6]) -> Value {
    let [started, resumed, submitted, submitted_directly, expired, discarded] = counts;
    json!({"day": day, "started": started, "resumed": resumed, "submitted": submitted,
        "submitted_directly": submitted_directly, "expired": expired, "discarded": discarded, "erased": 0})
}

async fn a_known_history_has_the_funnel_that_was_worked_out_by_hand(service: &Service<'_>) {
    happen(service).await;

    let expected = json!({
        "survey_id": 2, "company_id": null, "from": null, "to": null,
        // Ana, Ben, Cleo, Dan, Fay.
        "started": 5,
        // Ana, Cleo; and Eva.
        "submitted": 2, "submitted_directly": 1,
        // Dan, Fay; Ben.
        "expired": 2, "discarded": 1, "erased": 0, "alive": 0,
        // Cleo.
        "resumed": 1,
        // Ana 100, Cleo a day and 30: 86,430 is kept as 86,400 (a multiple of 64). In the middle of both.
        "median_seconds": 43_250,
        "screens": [
            // All five; Fay is lost of them. Ana 60, Ben 40, Cleo a day.
            screen(0, Some("you"), Some("About you"), [5, 0, 1, 0], json!(0.2), json!(60)),
            // All but Fay; Ben and Dan are lost, Cleo submits. Ana 30, Cleo 30.
            screen(1, Some("way"), None, [4, 1, 2, 0], json!(0.5), json!(30)),
            // Ana came past it.
            screen(2, Some("thanks"), Some("Thank you"), [1, 0, 0, 0], json!(0.0), json!(null)),
            screen(3, None, None, [1, 1, 0, 0], json!(0.0), json!(10)),
        ],
        "has_further_screens": false,
        "days": [
            day("2026-11-21", [4, 0, 2, 1, 0, 1]),
            day("2026-11-22", [1, 1, 1, 0, 0, 0]),
            day("2026-12-21", [0, 0, 0, 0, 1, 0]),
            day("2026-12-22", [0, 0, 0, 0, 1, 0]),
        ],
    });
    at_all_times(service, "", &expected).await;
    assert_eq!(service.database.count("progress_events"), 0, "they were forgotten");
}

async fn a_company_has_a_funnel_of_its_own(service: &Service<'_>) {
    let History { acme, .. } = happen(service).await;

    let expected = json!({
        "survey_id": 2, "company_id": acme.0, "from": null, "to": null,
        // Ben and Cleo, with all that they did before they said so.
        "started": 2, "submitted": 1, "submitted_directly": 1, "expired": 0, "discarded": 1, "erased": 0, "alive": 0,
        // When Cleo came back she had not said so yet.
        "resumed": 0,
        "median_seconds": 86_400,
        "screens": [
            // Ben had said it when he went on, and Cleo had not.
            screen(0, Some("you"), Some("About you"), [2, 0, 0, 0], json!(0.0), json!(40)),
            screen(1, Some("way"), None, [2, 1, 1, 0], json!(0.5), json!(30)),
            screen(2, Some("thanks"), Some("Thank you"), [0, 0, 0, 0], json!(null), json!(null)),
        ],
        "has_further_screens": false,
        "days": [day("2026-11-21", [2, 0, 1, 1, 0, 1]), day("2026-11-22", [0, 0, 1, 0, 0, 0])],
    });
    at_all_times(service, &format!("?company_id={}", acme.0), &expected).await;
}

async fn a_period_has_the_drafts_that_began_in_it(service: &Service<'_>) {
    happen(service).await;

    let second = funnel(service, "?from=2026-11-22").await;
    assert_eq!((&second["from"], &second["to"]), (&json!("2026-11-22"), &Value::Null));
    assert_eq!((&second["started"], &second["expired"], &second["submitted"]), (&json!(1), &json!(1), &json!(0)));
    assert_eq!((&second["resumed"], &second["submitted_directly"]), (&json!(1), &json!(0)));
    assert_eq!(second["days"].as_array().map(Vec::len), Some(3));
    let first = funnel(service, "?from=2026-11-21&to=2026-11-21").await;
    assert_eq!(
        (&first["started"], &first["submitted"], &first["submitted_directly"]),
        (&json!(4), &json!(2), &json!(1))
    );
    assert_eq!(first["days"].as_array().map(Vec::len), Some(1));
    assert_eq!(funnel(service, "?to=2026-11-20").await["started"], 0);
}

async fn a_survey_that_nobody_has_begun_has_an_empty_funnel(service: &Service<'_>) {
    service.server_key(&[Power::Figures]).await;

    let funnel = service.get("/api/admin/surveys/1/funnel").await.expect(200).json();

    assert_eq!((&funnel["started"], &funnel["screens"], &funnel["days"]), (&json!(0), &json!([]), &json!([])));
    assert_eq!(funnel["median_seconds"], Value::Null);
}

async fn screens_far_beyond_any_form_count_as_one(service: &Service<'_>) {
    service.server_key(&[Power::Participate, Power::Figures]).await;
    for (number, screen) in [254, 255, 256, 70_000, i32::MAX].into_iter().enumerate() {
        service.save(Save::of(&format!("p{number}@example.com")).screen(screen)).await.expect(201);
    }
    service.clock.advance(TimeDelta::seconds(5));
    service.save(Save::of("p1@example.com").screen(1_000_000)).await.expect(200);

    for _ in 0..2 {
        let funnel = service.get("/api/admin/surveys/1/funnel").await.expect(200).json();
        assert_eq!(
            funnel["screens"],
            json!([
                screen(254, None, None, [5, 0, 0, 1], json!(0.0), json!(null)),
                screen(255, None, None, [4, 0, 0, 4], json!(0.0), json!(5)),
            ])
        );
        assert_eq!(funnel["has_further_screens"], true);
        service.fold_events().await;
    }
    assert_eq!(service.database.count("funnel_screens"), 2);
}

async fn who_is_limited_sees_the_figures_of_their_own(service: &Service<'_>) {
    let History { acme, globex } = happen(service).await;
    let asked = async |surveys: Reach<SurveyId>, companies: Reach<CompanyId>, query: &str| {
        let grant = Grant { powers: [Power::Figures].into(), surveys, companies };
        let key = service.key(Kind::Server { grant }).await;
        let request = service.request("GET", &format!("/api/admin/surveys/2/funnel{query}"));
        request.header("Authorization", &format!("Bearer {key}")).send().await
    };
    let only = |companies: &[CompanyId]| Reach::Only(companies.iter().copied().collect());

    let both = asked(Reach::All, only(&[acme, globex]), "").await.expect(200).json();
    assert_eq!((&both["started"], &both["submitted_directly"]), (&json!(3), &json!(1)));
    let mine = asked(Reach::All, only(&[globex]), "").await.expect(200).json();
    assert_eq!((&mine["started"], &mine["expired"]), (&json!(1), &json!(1)));
    let named = format!("?company_id={}", globex.0);
    let same = asked(Reach::All, only(&[globex]), &named).await.expect(200).json();
    assert_eq!(same["screens"], mine["screens"]);
    asked(Reach::All, only(&[acme]), &named).await.expect_problem(404, "COMPANY_NOT_FOUND");
    asked(Reach::Only([SurveyId(1)].into()), Reach::All, "").await.expect_problem(404, "SURVEY_NOT_FOUND");
}

async fn what_is_wrong_with_the_question_is_told(service: &Service<'_>) {
    service.server_key(&[Power::Figures]).await;
    let path = "/api/admin/surveys/1/funnel";
    let refused = service.get(&format!("{path}?company_id=x&from=1.1.2026&to=2026-00-01&day=1")).await;

    let mut pointers = refused.expect_problem(400, "INVALID_REQUEST").pointers();
    pointers.sort_unstable();
    assert_eq!(pointers, ["company_id", "day", "from", "to"]);
    service.get("/api/admin/surveys/7/funnel").await.expect_problem(404, "SURVEY_NOT_FOUND");
    service.get("/api/admin/surveys/x/funnel").await.expect_problem(404, "SURVEY_NOT_FOUND");
    service.get(&format!("{path}?company_id=7")).await.expect_problem(404, "COMPANY_NOT_FOUND");
}

async fn a_funnel_needs_its_power(service: &Service<'_>) {
    let path = "/api/admin/surveys/1/funnel";
    service.get(path).await.expect_problem(401, "UNAUTHORIZED");
    service.server_key(&[Power::Events, Power::ReadDrafts]).await;
    service.get(path).await.expect_problem(403, "FORBIDDEN");
}

async fn the_command_tells_the_same(service: &Service<'_>) {
    let History { acme, .. } = happen(service).await;
    service.purge().await;
    let url = service.database.url();

    let told = formprogress(url, &["survey", "funnel", "2", "--json"]).expect_success();
    assert_eq!(told.json(), funnel(service, "").await);
    let id = acme.0.to_string();
    let arguments = ["survey", "funnel", "2", "--company", &id, "--from", "2026-11-21", "--to", "2026-11-21", "--json"];
    let told = formprogress(url, &arguments).expect_success();
    let query = format!("?company_id={id}&from=2026-11-21&to=2026-11-21");
    assert_eq!(told.json(), funnel(service, &query).await);

    let told = formprogress(url, &["survey", "funnel", "2"]).expect_success();
    assert_eq!(
        told.stdout,
        "5 started: 2 submitted, 2 expired, 1 discarded, 0 erased, 0 alive.\n\
         1 submitted without a draft. Resumed on a later day: 1. Median to completion: 12 h 00.\n\
         \n\
         SCREEN    REACHED  SUBMITTED       LOST   SHARE      ALIVE    MEDIAN  NAME\n     \
              0          5          0          1  20.0 %          0    1 m 00  About you\n     \
              1          4          1          2  50.0 %          0      30 s  way\n     \
              2          1          0          0   0.0 %          0         -  Thank you\n     \
              3          1          1          0   0.0 %          0      10 s\n"
    );
    formprogress(url, &["survey", "funnel", "9"]).expect_refusal("there is no survey 9");
    formprogress(url, &["survey", "funnel", "2", "--company", "9"]).expect_refusal("there is no company 9");
}
