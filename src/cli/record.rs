//! The commands about the record: what became of drafts.

use std::io::{self, ErrorKind, Write};

use formprogress::{
    audit::{self, Entry, Subject},
    clock::Clock,
    companies::{self, CompanyId},
    db::{self, Conn},
    http::export::{self, CHUNK, Format},
    record::{
        admin_api::{EventView, export_rows},
        day::Day,
        funnel::Asked,
        store::{self, EventFilter},
    },
    surveys::{self, SurveyId},
};

use super::{Outcome, existing_database, print_json};

pub fn funnel(
    survey_id: SurveyId,
    company_id: Option<CompanyId>,
    from: Option<Day>,
    to: Option<Day>,
    json: bool,
) -> Outcome {
    let mut conn = existing_database()?;
    let survey = surveys::store::find(&mut conn, survey_id)?
        .ok_or_else(|| format!("there is no survey {survey_id}: formprogress survey list"))?;
    if let Some(CompanyId(id)) = company_id
        && !companies::store::exists(&mut conn, CompanyId(id))?
    {
        return Err(format!("there is no company {id}: formprogress company list").into());
    }
    let asked = Asked { survey_id, companies: company_id.map(|id| vec![id.0]), from, to };
    let figures = store::figures(&mut conn, &asked, Clock::system().now())?;
    let view = figures.view(&asked, company_id, &survey.screens);
    match json {
        true => print_json(&view),
        false => {
            println!("{}", view.table());
            Ok(())
        }
    }
}

pub fn export_events(survey_id: Option<SurveyId>, format: Format, after: i64) -> Outcome {
    let mut conn = existing_database()?;
    let entry = Entry::on_command_line("events.export", Subject::all("events"), Clock::system().now());
    let entry = entry.about(survey_id, None).detail(format.extension());
    db::write(&mut conn, |conn| audit::store::add(conn, &entry))?;
    let filter = EventFilter { surveys: survey_id.map(|id| vec![id.0]), ..Default::default() };
    match write_events(&mut conn, &filter, format, after) {
        // Whoever reads has had enough, as `head` does.
        Err(error) if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe) => {
            Ok(())
        }
        outcome => outcome,
    }
}

fn write_events(conn: &mut Conn, filter: &EventFilter, format: Format, mut after: i64) -> Outcome {
    let mut out = io::stdout().lock();
    out.write_all(&export::head::<EventView>(format)?)?;
    loop {
        let rows = export_rows(conn, filter, after, CHUNK)?;
        out.write_all(&export::lines(format, &rows)?)?;
        match rows.last() {
            Some((last, _)) if rows.len() as i64 == CHUNK => after = *last,
            _ => return Ok(out.flush()?),
        }
    }
}
