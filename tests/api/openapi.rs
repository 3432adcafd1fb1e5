//! The documentation says what the service does: the same routes, every code, and a page that needs nobody else.

use std::collections::BTreeSet;

use formprogress::problem::Problem;
use serde_json::Value;

use crate::support::{Service, formprogress, service};

on_both_databases![the_document_is_served, the_viewer_is_served_and_loads_nothing_from_elsewhere,];

fn document() -> Value {
    formprogress("sqlite:unused.sqlite", &["openapi"]).expect_success().json()
}

#[test]
fn the_document_has_exactly_the_routes_of_the_service() {
    let document = document();
    let paths = document["paths"].as_object().expect("the document has paths");
    let documented: BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().expect("a path has methods").keys();
            methods.map(|method| (method.to_uppercase(), path.clone()))
        })
        .collect();

    assert_eq!(documented, served());
}

/// Generators make a function of each.
#[test]
fn every_operation_has_a_name_of_its_own() {
    let document = document();
    let paths = document["paths"].as_object().expect("the document has paths").values();
    let operations = paths.flat_map(|item| item.as_object().expect("a path has methods").values());
    let names: Vec<&str> = operations.map(|operation| operation["operationId"].as_str().expect("a name")).collect();

    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
}

/// Every route but the viewer's and those of the pages, which are not an API, and the one that answers all preflights.
fn served() -> BTreeSet<(String, String)> {
    service::routes()
        .into_iter()
        .filter(|(_, path)| path != "/" && !["/docs", "/admin"].iter().any(|pages| path.starts_with(pages)))
        .filter(|(method, _)| method != "OPTIONS")
        .map(|(method, path)| (method, path.replace('<', "{").replace('>', "}")))
        .collect()
}

#[test]
fn every_code_has_an_example_in_the_document() {
    let text = document().to_string();

    for problem in Problem::one_of_each() {
        assert!(text.contains(&format!("\"code\":\"{}\"", problem.code())), "no example of {}", problem.code());
    }
}

#[test]
fn every_operation_is_explained_and_says_what_may_go_wrong() {
    let document = document();
    for (path, item) in document["paths"].as_object().expect("the document has paths") {
        for (method, operation) in item.as_object().expect("a path has methods") {
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}");
            let responses = operation["responses"].as_object().expect("an operation has responses");
            assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}");
            if path.starts_with("/api") {
                assert!(responses.keys().any(|status| status.starts_with('4')), "{method} {path}");
                assert!(responses.contains_key("503"), "{method} {path}");
            }
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(elements) => elements.iter().for_each(|element| references(element, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);

    assert!(!found.is_empty(), "the document has references");
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("a reference stays in the document");
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

async fn the_document_is_served(service: &Service<'_>) {
    let served = service.get("/openapi.json").await.expect(200);

    assert_eq!(served.json(), document());
    assert_eq!(served.header("Content-Type"), Some("application/json"));
}

async fn the_viewer_is_served_and_loads_nothing_from_elsewhere(service: &Service<'_>) {
    let mut page = service.get("/docs").await;
    let mut base = "/docs".to_owned();
    // It may send a browser to where its files are.
    if (300..400).contains(&page.status) {
        base = page.header("Location").expect("a redirect says where to").to_owned();
        page = service.get(&base).await;
    }
    let page = page.expect(200);
    assert!(page.header("Content-Type").is_some_and(|kind| kind.starts_with("text/html")), "{page:?}");
    assert!(page.body.to_lowercase().contains("<html"), "{}", page.body);

    // Elsewhere than on localhost, the viewer would ask its maker whether the document is valid.
    let start = service.get("/docs/swagger-initializer.js").await.expect(200);
    assert!(start.body.contains(r#""validatorUrl": "none""#), "{}", start.body);

    let loaded = loaded_by(&page.body);
    assert!(!loaded.is_empty(), "the viewer is made of files: {}", page.body);
    for address in loaded {
        assert!(!address.contains("//"), "the page loads {address} from elsewhere");
        let path = match address.strip_prefix('/') {
            Some(_) => address.clone(),
            None => format!("{}/{}", base.trim_end_matches('/'), address.trim_start_matches("./")),
        };
        let asset = service.get(&path).await.expect(200);
        if path.ends_with(".css") {
            assert!(!asset.body.contains("url(http") && !asset.body.contains("@import"), "{path} loads from elsewhere");
        }
    }
}

/// What a page loads by itself: its scripts, styles and pictures.
fn loaded_by(html: &str) -> Vec<String> {
    let tags =
        html.split('<').filter(|tag| ["script", "link", "img", "iframe"].iter().any(|name| tag.starts_with(name)));
    tags.flat_map(|tag| {
        ["src=\"", "href=\""].into_iter().filter_map(move |attribute| {
            let (_, rest) = tag.split_once(attribute)?;
            Some(rest.split('"').next()?.to_owned())
        })
    })
    .collect()
}
