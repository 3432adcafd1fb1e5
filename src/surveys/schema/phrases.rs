//! What a participant is told of a value that does not fit. A phrase follows the name of the question, and never
//! repeats the value; limits of the survey are told.

use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind as Kind},
};

/// Of a member that no schema names.
pub const UNKNOWN: &str = "is not a question of this survey";
/// Of a member that another answer rules out.
pub const OUT_OF_PLACE: &str = "does not go together with the other answers";
/// Of a member that must be there.
pub const MISSING: &str = "is missing";
/// Of a value whose errors could be too many.
pub const TOO_MUCH: &str = "has too much in it to be checked";

/// What is wrong with the value at the error's own place.
pub fn phrase(error: &ValidationError<'_>) -> String {
    match error.kind() {
        Kind::Type { kind } => format!("must be {}", types(kind)),
        Kind::Enum { .. } | Kind::Constant { .. } => "must be one of the values that the survey allows".into(),
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            let here = error.instance_path();
            let is_choice = |branch: &ValidationError<'_>| {
                matches!(branch.kind(), Kind::Enum { .. } | Kind::Constant { .. }) && branch.instance_path() == here
            };
            match context.iter().all(|branch| branch.iter().any(is_choice)) {
                true => "must be one of the values that the survey allows".into(),
                false => "must fit one of the forms that the survey allows".into(),
            }
        }
        Kind::OneOfMultipleValid { .. } => "must fit only one of the forms that the survey allows".into(),
        Kind::Required { .. } => MISSING.into(),
        Kind::FalseSchema => "must be left out".into(),
        Kind::AdditionalProperties { .. } | Kind::UnevaluatedProperties { .. } => UNKNOWN.into(),
        Kind::PropertyNames { .. } => "has a member whose name the survey does not allow".into(),
        Kind::MaxLength { limit } => format!("must have {} at most", counted(*limit, "character")),
        Kind::MinLength { limit } => format!("must have {} at least", counted(*limit, "character")),
        Kind::MaxItems { limit } => format!("must have {} at most", counted(*limit, "element")),
        Kind::MinItems { limit } => format!("must have {} at least", counted(*limit, "element")),
        Kind::MaxProperties { limit } => format!("must have {} at most", counted(*limit, "member")),
        Kind::MinProperties { limit } => format!("must have {} at least", counted(*limit, "member")),
        Kind::AdditionalItems { .. } | Kind::UnevaluatedItems { .. } => {
            "has elements for which the survey has no place".into()
        }
        Kind::Maximum { limit } => format!("must be {limit} or less"),
        Kind::Minimum { limit } => format!("must be {limit} or more"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be more than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("must be a multiple of {multiple_of}"),
        Kind::UniqueItems => "must not have the same element twice".into(),
        Kind::Pattern { .. } => "must match the survey's pattern".into(),
        Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } => {
            "could not be checked against the survey's pattern".into()
        }
        _ => "does not fit the survey".into(),
    }
}

fn types(kind: &TypeKind) -> String {
    let names: Vec<_> = match kind {
        TypeKind::Single(single) => vec![name(single.as_str())],
        TypeKind::Multiple(several) => several.iter().map(|each| name(each.as_str())).collect(),
    };
    names.join(" or ")
}

fn name(name: &str) -> &'static str {
    match name {
        "array" => "a list",
        "boolean" => "true or false",
        "integer" => "an integer",
        "null" => "null",
        "number" => "a number",
        "object" => "an object",
        _ => "a text",
    }
}

fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
