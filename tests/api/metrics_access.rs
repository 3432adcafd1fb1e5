//! Who may read `/metrics`: what the setting `metrics_access` says.

use formprogress::{
    access::{Grant, Power, Reach},
    keys::Kind,
};

use crate::support::{Answer, Service, command::formprogress_with};

on_both_databases![
    this_machine_may_and_nobody_behind_a_proxy,
    a_server_key_with_the_power_may_and_no_other,
    the_setting_says_who_may,
    metrics_take_no_parameters,
];

async fn get_with(service: &Service<'_>, headers: &[(&str, &str)]) -> Answer {
    let mut request = service.request("GET", "/metrics");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.send().await
}

async fn key(service: &Service<'_>, power: Power) -> String {
    let grant = Grant { powers: [power].into(), surveys: Reach::All, companies: Reach::All };
    format!("Bearer {}", service.key(Kind::Server { grant }).await)
}

async fn this_machine_may_and_nobody_behind_a_proxy(service: &Service<'_>) {
    service.get("/metrics").await.expect(200);

    for passed_on in [("X-Forwarded-For", "127.0.0.1"), ("Forwarded", "for=127.0.0.1"), ("X-Real-IP", "127.0.0.1")] {
        get_with(service, &[passed_on]).await.expect_problem(401, "UNAUTHORIZED");
    }
    // A page in a browser on this machine.
    get_with(service, &[("Origin", "https://elsewhere.example")]).await.expect_problem(401, "UNAUTHORIZED");
}

async fn a_server_key_with_the_power_may_and_no_other(service: &Service<'_>) {
    let from_afar = ("X-Forwarded-For", "203.0.113.9");
    let (metrics, figures) = (key(service, Power::Metrics).await, key(service, Power::Figures).await);
    let site = format!("Bearer {}", service.key(Kind::Site { origins: None }).await);

    get_with(service, &[from_afar, ("Authorization", &metrics)]).await.expect(200);

    get_with(service, &[from_afar]).await.expect_problem(401, "UNAUTHORIZED");
    get_with(service, &[from_afar, ("Authorization", "Bearer nobody's")]).await.expect_problem(401, "UNAUTHORIZED");
    get_with(service, &[from_afar, ("Authorization", &figures)]).await.expect_problem(403, "FORBIDDEN");
    get_with(service, &[from_afar, ("Authorization", &site)]).await.expect_problem(403, "FORBIDDEN");
    get_with(service, &[("Authorization", &site)]).await.expect(200);
}

async fn the_setting_says_who_may(service: &Service<'_>) {
    let key = key(service, Power::Metrics).await;
    let with_key = [("Authorization", key.as_str())];

    service.restart_with(&[("metrics_access", "key")]).await;
    get_with(service, &[]).await.expect_problem(401, "UNAUTHORIZED");
    get_with(service, &with_key).await.expect(200);

    service.restart_with(&[("metrics_access", "open")]).await;
    get_with(service, &[("X-Forwarded-For", "203.0.113.9")]).await.expect(200);

    service.restart_with(&[("metrics_access", "off")]).await;
    get_with(service, &[]).await.expect_problem(404, "NOT_FOUND");
    get_with(service, &with_key).await.expect_problem(404, "NOT_FOUND");
}

async fn metrics_take_no_parameters(service: &Service<'_>) {
    let refused = service.get("/metrics?name=formprogress").await.expect_problem(400, "INVALID_REQUEST");

    assert_eq!(refused.pointers(), ["name"]);
}

#[test]
fn a_setting_that_is_none_of_these_stops_the_start() {
    let environment = [("DATABASE_URL", "sqlite:unused.sqlite"), ("FORMPROGRESS_METRICS_ACCESS", "everybody")];
    formprogress_with(&[], &environment, "").expect_refusal("setting metrics_access");
}
