//! The stylesheet, the script and the icon: inside the binary, under a name that changes with them.

use std::sync::LazyLock;

use percent_encoding::percent_encode;
use rocket::{
    Responder, Route, get,
    http::{ContentType, Header},
    routes,
};
use sha2::{Digest, Sha256};

use crate::problem::Problem;

const STYLE: &str = include_str!("assets/admin.css");
const SCRIPT: &str = include_str!("assets/admin.js");
const ICON: &str = include_str!("assets/icon.svg");

/// Names this state of them.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::new().chain_update(STYLE).chain_update(SCRIPT).chain_update(ICON).finalize();
    percent_encode(&digest[..6], percent_encoding::NON_ALPHANUMERIC).to_string().replace('%', "").to_lowercase()
});

/// The routes of the assets.
pub fn routes() -> Vec<Route> {
    routes![asset]
}

/// Where a page finds one.
pub fn path(file: &str) -> String {
    format!("/admin/assets/{}/{file}", *VERSION)
}

#[derive(Responder)]
struct Asset {
    text: &'static str,
    kind: ContentType,
    cache: Header<'static>,
}

#[get("/assets/<version>/<file>")]
fn asset(version: &str, file: &str) -> Result<Asset, Problem> {
    let (text, kind) = match file {
        "admin.css" => (STYLE, ContentType::CSS),
        "admin.js" => (SCRIPT, ContentType::JavaScript),
        "icon.svg" => (ICON, ContentType::SVG),
        _ => return Err(Problem::NotFound),
    };
    // A page of another version than ours gets ours, for once.
    let cache = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-store" };
    Ok(Asset { text, kind, cache: Header::new("Cache-Control", cache) })
}
