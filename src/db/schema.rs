//! The tables, written by hand: Diesel's own printer knows neither our column types nor two databases. A test holds
//! it to what the migrations of both databases build. What the columns mean is said in `migrations/`.
#![expect(missing_docs, reason = "Diesel's macros make the items; the migrations document the tables")]

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    companies (id) {
        id -> BigInt,
        name -> Text,
        details -> Text,
        guest_code -> Text,
        guest_code_key -> Text,
        is_active -> Bool,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    surveys (id) {
        id -> BigInt,
        name -> Text,
        instructions -> Text,
        definition -> Text,
        status -> Text,
        progress_days -> Integer,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Instant, Uuid};

    form_progress (draft_id) {
        draft_id -> Uuid,
        email -> Nullable<Text>,
        survey_id -> BigInt,
        company_id -> Nullable<BigInt>,
        guest_code_key -> Nullable<Text>,
        current_screen -> Integer,
        furthest_screen -> Integer,
        fingerprint -> Nullable<Text>,
        version -> BigInt,
        digest -> Binary,
        created_at -> Instant,
        updated_at -> Instant,
        expires_at -> Instant,
        purge_hour -> BigInt,
        meta -> Nullable<Text>,
        data -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    submissions (id) {
        id -> BigInt,
        email -> Text,
        survey_id -> BigInt,
        company_id -> Nullable<BigInt>,
        participant -> Nullable<Text>,
        answers_count -> Integer,
        digest -> Binary,
        submitted_at -> Instant,
    }
}

diesel::table! {
    answers (submission_id, position) {
        submission_id -> BigInt,
        position -> Integer,
        question -> Text,
        value -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    readiness (id) {
        id -> Integer,
        proved_at -> Instant,
    }
}

diesel::allow_tables_to_appear_in_same_query!(answers, companies, form_progress, submissions, surveys);
