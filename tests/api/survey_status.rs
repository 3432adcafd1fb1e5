//! What a survey still takes: open, closing, closed.

use formprogress::surveys::{Status, SurveyId};

use crate::support::{NAMED, Save, Service};

on_both_databases![
    a_closing_survey_lets_those_who_have_begun_finish,
    a_closing_survey_takes_nobody_new,
    a_closing_survey_does_not_count_an_expired_draft,
    a_closed_survey_takes_nothing,
    a_closed_survey_still_shows_what_is_saved,
    a_survey_that_is_opened_again_takes_everything,
];

const ANA: &str = NAMED.0;

async fn a_closing_survey_lets_those_who_have_begun_finish(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    service.database.set_status(SurveyId(1), Status::Closing);

    service.save(Save::of(ANA).screen(2)).await.expect(200);
    service.submit(ANA).await.expect(201);
}

async fn a_closing_survey_takes_nobody_new(service: &Service<'_>) {
    service.database.set_status(SurveyId(1), Status::Closing);
    let before = service.database.everything();

    service.save(ANA).await.expect_problem(403, "SURVEY_CLOSED");
    service.submit(ANA).await.expect_problem(403, "SURVEY_CLOSED");

    assert_eq!(service.database.everything(), before);
}

async fn a_closing_survey_does_not_count_an_expired_draft(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    service.database.set_status(SurveyId(1), Status::Closing);
    service.let_drafts_expire();

    service.save(ANA).await.expect_problem(403, "SURVEY_CLOSED");
    service.submit(ANA).await.expect_problem(403, "SURVEY_CLOSED");
}

async fn a_closed_survey_takes_nothing(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    service.submit(NAMED.1).await.expect(201);
    service.database.set_status(SurveyId(1), Status::Closed);
    let before = service.database.everything();

    for email in [NAMED.0, NAMED.2] {
        service.save(email).await.expect_problem(403, "SURVEY_CLOSED");
        service.submit(email).await.expect_problem(403, "SURVEY_CLOSED");
    }
    // Who is done learns that they are done.
    service.save(NAMED.1).await.expect_problem(400, "ALREADY_SUBMITTED");
    service.submit(NAMED.1).await.expect(201);

    assert_eq!(service.database.everything(), before);
}

async fn a_closed_survey_still_shows_what_is_saved(service: &Service<'_>) {
    let saved = service.save(ANA).await.expect(201);
    service.database.set_status(SurveyId(1), Status::Closed);

    assert_eq!(service.read(ANA).await.expect(200).body, saved.body);
    service.get("/api/surveys/1").await.expect(200);
    service.discard(ANA).await.expect(204);
    service.read(ANA).await.expect(404);
}

async fn a_survey_that_is_opened_again_takes_everything(service: &Service<'_>) {
    service.database.set_status(SurveyId(1), Status::Closed);
    service.save(ANA).await.expect(403);

    service.database.set_status(SurveyId(1), Status::Open);

    service.save(ANA).await.expect(201);
    service.submit(ANA).await.expect(201);
}
