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
    use crate::db::types::{Instant, Uuid};

    progress_events (id) {
        id -> BigInt,
        at -> Instant,
        kind -> Text,
        survey_id -> BigInt,
        company_id -> Nullable<BigInt>,
        draft_id -> Uuid,
        started_at -> Nullable<Instant>,
        screen -> Nullable<Integer>,
        from_screen -> Nullable<Integer>,
        from_company_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    funnel_screens (survey_id, started_on, company_id, screen) {
        survey_id -> BigInt,
        started_on -> BigInt,
        company_id -> BigInt,
        screen -> Integer,
        arrived -> BigInt,
        departed -> BigInt,
        submitted -> BigInt,
        expired -> BigInt,
        discarded -> BigInt,
        erased -> BigInt,
        screen_times -> Binary,
        total_times -> Binary,
    }
}

diesel::table! {
    funnel_days (survey_id, day, company_id) {
        survey_id -> BigInt,
        day -> BigInt,
        company_id -> BigInt,
        started -> BigInt,
        resumed -> BigInt,
        submitted -> BigInt,
        submitted_directly -> BigInt,
        expired -> BigInt,
        discarded -> BigInt,
        erased -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    rollup_state (id) {
        id -> Integer,
        folded_to -> BigInt,
        folded_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    accounts (id) {
        id -> BigInt,
        email -> Text,
        role -> Text,
        companies -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        is_active -> Bool,
        created_at -> Instant,
        updated_at -> Instant,
        signed_in_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    password_links (token_digest) {
        token_digest -> Binary,
        account_id -> BigInt,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    sessions (token_digest) {
        token_digest -> Binary,
        account_id -> BigInt,
        created_at -> Instant,
        seen_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    api_keys (id) {
        id -> BigInt,
        kind -> Text,
        name -> Text,
        digest -> Binary,
        hint -> Text,
        origins -> Nullable<Text>,
        powers -> Text,
        surveys -> Nullable<Text>,
        companies -> Nullable<Text>,
        created_at -> Instant,
        used_at -> Nullable<Instant>,
        revoked_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    audit_log (id) {
        id -> BigInt,
        at -> Instant,
        actor -> Text,
        actor_id -> Nullable<BigInt>,
        action -> Text,
        subject -> Text,
        survey_id -> Nullable<BigInt>,
        company_id -> Nullable<BigInt>,
        outcome -> Text,
        detail -> Text,
        address -> Text,
        request_id -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    installation (id) {
        id -> Integer,
        secret -> Binary,
        created_at -> Instant,
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
diesel::allow_tables_to_appear_in_same_query!(accounts, sessions, password_links);
diesel::joinable!(form_progress -> surveys (survey_id));
diesel::joinable!(sessions -> accounts (account_id));
diesel::joinable!(password_links -> accounts (account_id));
