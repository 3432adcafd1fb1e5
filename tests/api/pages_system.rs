//! The page of the state of the service.

use chrono::TimeDelta;
use formprogress::access::Role;

use crate::support::{Backend, NAMED, Service};

on_both_databases![
    the_state_is_told_in_words,
    expired_drafts_that_nobody_purges_are_a_warning,
    events_that_are_not_added_up_are_a_warning,
    tables_of_another_version_are_a_warning,
    only_owners_see_the_state,
];

async fn the_state_is_told_in_words(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    service.save(NAMED.0).await.expect(201);
    let page = owner.open("/admin/system").await.saying(env!("CARGO_PKG_VERSION")).saying("All is well");
    let kind = if service.database.backend() == Backend::Sqlite { "SQLite" } else { "PostgreSQL" };
    page.saying(kind).saying("1 account").saying("0 keys").saying("none by this process since it started");
    service.purge().await;
    service.fold_events().await;
    owner.open("/admin/system").await.saying("0 drafts deleted").saying("nothing waits");
}

async fn expired_drafts_that_nobody_purges_are_a_warning(service: &Service<'_>) {
    service.save(NAMED.0).await.expect(201);
    service.let_drafts_expire();
    service.fold_events().await;
    let owner = service.browser(Role::Owner, &[]);
    owner.open("/admin/system").await.saying("Expired drafts are not being deleted").saying("1 draft waiting");
    service.purge().await;
    service.fold_events().await;
    owner.open("/admin/system").await.saying("All is well").saying("1 draft deleted");
}

async fn events_that_are_not_added_up_are_a_warning(service: &Service<'_>) {
    service.save(NAMED.0).await.expect(201);
    let owner = service.browser(Role::Owner, &[]);
    owner.open("/admin/system").await.saying("All is well");
    service.clock.advance(TimeDelta::minutes(11));
    owner.open("/admin/system").await.saying("The sums of the funnel are behind");
    service.fold_events().await;
    owner.open("/admin/system").await.saying("All is well");
}

async fn tables_of_another_version_are_a_warning(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    service.database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000000')");
    owner.open("/admin/system").await.saying("The tables are not as this version needs them");
}

async fn only_owners_see_the_state(service: &Service<'_>) {
    service.browser(Role::Editor, &[]).get("/admin/system").await.expect(403).expect_page().saying("metrics:read");
}
