//! Whether the service lives, and whether it can do its work.

use rocket::{Route, State, get, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    problem::Problem,
    progress::{group::Prove, writer::Writer},
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![lives, ready]
}

/// That all is well.
#[derive(Serialize, ToSchema)]
pub struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

/// Ask whether the process lives
#[utoipa::path(operation_id = "healthz", tag = "Service", responses((status = 200, description = "It does", body = Health, example = json!({"status": "ok"}))))]
#[get("/healthz")]
fn lives() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Ask whether the service can save
///
/// It writes a row, through the queue and onto the disk.
#[utoipa::path(operation_id = "readyz", tag = "Service", responses(
    (status = 200, description = "It can", body = Health, example = json!({"status": "ok"})),
    crate::openapi::AnyStorage
))]
#[get("/readyz")]
async fn ready(writer: &State<Writer>) -> Result<Json<Health>, Problem> {
    writer.run_any(Prove).await.map_err(|_| Problem::StorageUnavailable)?;
    Ok(Json(Health { status: "ok" }))
}
