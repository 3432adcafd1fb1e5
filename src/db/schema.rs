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
        answer_schema -> Nullable<Text>,
        screens -> Nullable<Text>,
        fingerprint -> Nullable<Text>,
        requires_if_match -> Bool,
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
        survey_fingerprint -> Nullable<Text>,
        version -> BigInt,
        digest -> Binary,
        value_count -> Nullable<Integer>,
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
    use crate::db::types::{Instant, Uuid};

    submissions (id) {
        id -> BigInt,
        email -> Text,
        survey_id -> BigInt,
        company_id -> Nullable<BigInt>,
        participant -> Nullable<Text>,
        answers_count -> Integer,
        digest -> Binary,
        submitted_at -> Instant,
        draft_id -> Nullable<Uuid>,
        has_own_answers -> Bool,
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
    use crate::db::types::{Instant, Uuid};

    ended_drafts (draft_id) {
        draft_id -> Uuid,
        ending -> Text,
        ended_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Instant, Uuid};

    idempotency_keys (draft_id, key_digest) {
        draft_id -> Uuid,
        key_digest -> Binary,
        request_digest -> Binary,
        created -> Bool,
        version -> BigInt,
        current_screen -> Integer,
        answered_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Instant, Uuid};

    previous_states (draft_id, version) {
        draft_id -> Uuid,
        version -> BigInt,
        current_screen -> Integer,
        value_count -> Integer,
        saved_at -> Instant,
        replaced_at -> Instant,
        meta -> Nullable<Text>,
        data -> Text,
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
diesel::joinable!(form_progress -> surveys (survey_id));
