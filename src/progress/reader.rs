//! Reading drafts: what both doors need to look at one.

use std::{convert::Infallible, sync::Arc};

use rocket::{
    Request,
    http::Status,
    outcome::Outcome::{Forward, Success},
    request::{FromRequest, Outcome},
};

use super::{Current, DraftId, Head, rules, store};
use crate::{
    access::Caller,
    clock::{Clock, Moment},
    companies::CompanyId,
    db::Database,
    http::off_thread,
    problem::Problem,
    record,
    surveys::{
        self, SurveyId,
        form::{Form, Forms},
    },
};

/// For how long ended drafts are remembered, in days.
pub struct EndedDays(pub u32);

/// All that it takes to read a draft.
pub struct Reader<'r> {
    /// Where it is stored.
    pub database: &'r Database,
    /// What surveys accept.
    pub forms: &'r Forms,
    clock: &'r Clock,
    ended_days: u32,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Reader<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let rocket = request.rocket();
        let parts = (rocket.state(), rocket.state(), rocket.state(), rocket.state::<EndedDays>());
        match parts {
            (Some(database), Some(forms), Some(clock), Some(EndedDays(ended_days))) => {
                Success(Self { database, forms, clock, ended_days: *ended_days })
            }
            // The service is put together with all of them.
            _ => Forward(Status::InternalServerError),
        }
    }
}

impl Reader<'_> {
    /// What was found, if it still exists for anyone.
    pub fn alive(&self, found: store::Found) -> Option<Current> {
        alive(found, self.clock.now())
    }

    /// The draft with this id, or how it ended.
    pub async fn find(&self, id: DraftId) -> Result<Current, Problem> {
        let (found, ending) = self
            .database
            .read(move |conn| match store::find_by_id(conn, id)? {
                Some(found) => Ok((Some(found), None)),
                None => Ok((None, store::endings(conn, &[id])?.remove(&id))),
            })
            .await?;
        let now = self.clock.now();
        let head = found.as_ref().map(|(draft, _)| draft.head.clone());
        let current = found.and_then(|found| alive(found, now));
        current.ok_or_else(|| rules::absence(head.as_ref(), ending, self.ended_days, now).into())
    }

    /// The same for somebody who does not see all drafts: one that is not theirs to see is not there.
    pub async fn find_for(&self, caller: &Caller, id: DraftId) -> Result<Current, Problem> {
        match self.find(id).await {
            Ok(current) => {
                let Head { survey_id, company_id, .. } = current.draft.head;
                caller.sees(survey_id, company_id, Problem::DraftNotFound)?;
                Ok(current)
            }
            Err(gone @ (Problem::DraftNotFound | Problem::DraftExpired | Problem::DraftSubmitted)) => {
                self.last_seen(caller, id).await?;
                Err(gone)
            }
            Err(problem) => Err(problem),
        }
    }

    /// To which survey and company a draft belonged that is no more, as far as the record knows; not for those who were not
    /// to see it.
    pub async fn last_seen(
        &self,
        caller: &Caller,
        id: DraftId,
    ) -> Result<(Option<SurveyId>, Option<CompanyId>), Problem> {
        match self.database.read(move |conn| record::store::last_seen(conn, id)).await? {
            Some((survey_id, company_id)) => {
                caller.sees(survey_id, company_id, Problem::DraftNotFound)?;
                Ok((Some(survey_id), company_id))
            }
            None if caller.grant.surveys.is_limited() || caller.grant.companies.is_limited() => {
                Err(Problem::DraftNotFound)
            }
            None => Ok((None, None)),
        }
    }

    /// Has something judged off the async threads.
    pub async fn judge<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        off_thread(work).await
    }

    /// What a survey accepts.
    pub async fn form(&self, survey_id: SurveyId) -> Result<Arc<Form>, Problem> {
        let survey = self.database.read(move |conn| surveys::store::find(conn, survey_id)).await?;
        Ok(self.forms.of(&survey.ok_or(Problem::SurveyNotFound)?)?)
    }
}

fn alive((draft, shapes): store::Found, now: Moment) -> Option<Current> {
    let schema_changed = rules::schema_changed(&draft.head, shapes.as_ref());
    rules::is_alive(&draft.head, now).then_some(Current { draft, schema_changed })
}
