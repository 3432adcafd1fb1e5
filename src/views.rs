//! Shapes of answers that several routes share.

use serde::Serialize;
use utoipa::ToSchema;

/// The form of success that existing survey front ends expect of the older routes.
#[derive(Serialize, ToSchema)]
pub struct Envelope<T> {
    /// Always `ok`: errors have another form.
    #[schema(example = "ok")]
    status: &'static str,
    /// The same, for people.
    message: &'static str,
    data: T,
}

impl<T> Envelope<T> {
    /// Success, in a sentence, with what was asked for.
    pub fn new(message: &'static str, data: T) -> Self {
        Self { status: "ok", message, data }
    }
}
