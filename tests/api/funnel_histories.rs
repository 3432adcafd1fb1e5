//! Random histories: the funnel is what a plain recount of all that was done gives, whatever is folded, purged or forgotten.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, TimeDelta, Utc};
use formprogress::access::Power;
use serde_json::{Value, json};

use crate::support::{Save, Service, Submission, database::SURVEY, progress_path};

on_both_databases![the_funnel_of_any_history_is_that_of_a_recount];

const SEEDS: u64 = 3;
const COMMANDS: usize = 120;
const COMPANIES: [&str; 3] = ["ACME", "GLOBEX", "INITECH"];

/// Numbers that look random, the same for each seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn one_of<T: Copy>(&mut self, some: &[T]) -> T {
        some[self.below(some.len() as u64) as usize]
    }
}

/// A draft as the test remembers it, for ever.
struct Draft {
    survey: i64,
    company: Option<i64>,
    started: DateTime<Utc>,
    saved: DateTime<Utc>,
    furthest: i64,
    entered: DateTime<Utc>,
    end: Option<(&'static str, DateTime<Utc>)>,
    /// Company, screen and seconds of each screen that it has left.
    stays: Vec<(Option<i64>, i64, i64)>,
    /// Company and day of each return.
    returns: Vec<(Option<i64>, DateTime<Utc>)>,
}

impl Draft {
    /// How it ended, by itself too.
    fn end(&self, now: DateTime<Utc>) -> Option<(&'static str, DateTime<Utc>)> {
        let expires = self.saved + Duration::days(30);
        self.end.or_else(|| (expires <= now).then_some(("expired", expires)))
    }
}

#[derive(Default)]
struct Recount {
    drafts: Vec<Draft>,
    /// Survey, company and moment of submissions that ended no draft.
    direct: Vec<(i64, Option<i64>, DateTime<Utc>)>,
    submitted: Vec<(i64, String)>,
    owners: BTreeMap<(i64, String), usize>,
}

/// Of what a funnel is asked for: the survey, the company, the days.
type Asked = (i64, Option<i64>, Option<i64>, Option<i64>);

fn day_of(moment: DateTime<Utc>) -> i64 {
    moment.timestamp().div_euclid(86_400)
}

fn date(day: i64) -> String {
    DateTime::from_timestamp(day * 86_400, 0).expect("a day").format("%Y-%m-%d").to_string()
}

/// Seconds with eleven significant bits.
fn rounded(seconds: i64) -> i64 {
    let dropped = (64 - seconds.leading_zeros()).saturating_sub(11);
    seconds >> dropped << dropped
}

fn median(mut list: Vec<i64>) -> Option<i64> {
    list.sort_unstable();
    let last = list.len().checked_sub(1)?;
    Some((list[last / 2] + list[list.len() / 2]) / 2)
}

impl Recount {
    fn alive(&mut self, survey: i64, email: &str, now: DateTime<Utc>) -> Option<&mut Draft> {
        let index = *self.owners.get(&(survey, email.to_owned()))?;
        Some(&mut self.drafts[index]).filter(|draft| draft.end(now).is_none())
    }

    fn save(&mut self, survey: i64, email: &str, screen: i64, company: Option<i64>, now: DateTime<Utc>) {
        let Some(draft) = self.alive(survey, email, now) else {
            self.owners.insert((survey, email.to_owned()), self.drafts.len());
            let (stays, returns) = (Vec::new(), Vec::new());
            let (started, saved, entered) = (now, now, now);
            let draft = Draft { survey, company, started, saved, furthest: screen, entered, end: None, stays, returns };
            return self.drafts.push(draft);
        };
        draft.company = company.or(draft.company);
        if day_of(draft.saved) < day_of(now) {
            draft.returns.push((draft.company, now));
        }
        draft.saved = now;
        if screen > draft.furthest {
            draft.stays.push((draft.company, draft.furthest, (now - draft.entered).num_seconds()));
            (draft.furthest, draft.entered) = (screen, now);
        }
    }

    fn submit(&mut self, survey: i64, email: &str, company: Option<i64>, now: DateTime<Utc>) {
        self.submitted.push((survey, email.to_owned()));
        let Some(draft) = self.alive(survey, email, now) else { return self.direct.push((survey, company, now)) };
        draft.company = company.or(draft.company);
        draft.stays.push((draft.company, draft.furthest, (now - draft.entered).num_seconds()));
        draft.end = Some(("submitted", now));
    }

    fn discard(&mut self, survey: i64, email: &str, now: DateTime<Utc>) {
        if let Some(draft) = self.alive(survey, email, now) {
            draft.end = Some(("discarded", now));
        }
    }

    fn funnel(&self, (survey, company, from, to): Asked, now: DateTime<Utc>) -> Value {
        let fits = |one: Option<i64>| company.is_none() || one == company;
        let within = |day: i64| from.is_none_or(|from| from <= day) && to.is_none_or(|to| day <= to);
        let of_survey: Vec<&Draft> = self.drafts.iter().filter(|draft| draft.survey == survey).collect();
        let begun: Vec<&&Draft> = of_survey.iter().filter(|draft| within(day_of(draft.started))).collect();
        let mine: Vec<&Draft> = begun.iter().filter(|draft| fits(draft.company)).map(|draft| **draft).collect();
        let ended = |draft: &Draft, how: &str| draft.end(now).is_some_and(|(end, _)| end == how);
        let count = |how: &str| mine.iter().filter(|draft| ended(draft, how)).count();
        let totals = mine.iter().filter(|draft| ended(draft, "submitted"));
        let totals = totals.map(|draft| rounded((draft.end(now).expect("an end").1 - draft.started).num_seconds()));

        let mut screens: Vec<i64> = begun
            .iter()
            .flat_map(|draft| draft.stays.iter().filter(|(one, ..)| fits(*one)).map(|(_, screen, _)| *screen))
            .collect();
        screens.extend(mine.iter().map(|draft| draft.furthest));
        screens.sort_unstable();
        screens.dedup();
        let screens = screens.into_iter().map(|screen| {
            let reached = mine.iter().filter(|draft| draft.furthest >= screen).count();
            let here: Vec<&&Draft> = mine.iter().filter(|draft| draft.furthest == screen).collect();
            let submitted = here.iter().filter(|draft| ended(draft, "submitted")).count();
            let alive = here.iter().filter(|draft| draft.end(now).is_none()).count();
            let lost = here.len() - submitted - alive;
            let stays = begun.iter().flat_map(|draft| &draft.stays);
            let stays = stays.filter(|(one, at, _)| fits(*one) && *at == screen).map(|(.., seconds)| rounded(*seconds));
            json!({"screen": screen, "reached": reached, "submitted": submitted, "lost": lost, "alive": alive,
                "share_lost": (reached > 0).then(|| lost as f64 / reached as f64), "median_seconds": median(stays.collect())})
        });
        let mut days: BTreeMap<i64, [i64; 6]> = BTreeMap::new();
        let mut happened = |company: Option<i64>, moment: DateTime<Utc>, what: usize| {
            if fits(company) && within(day_of(moment)) {
                days.entry(day_of(moment)).or_default()[what] += 1;
            }
        };
        for draft in &of_survey {
            happened(draft.company, draft.started, 0);
            draft.returns.iter().for_each(|(company, moment)| happened(*company, *moment, 1));
            if let Some((how, moment)) = draft.end(now) {
                let what = ["submitted", "", "expired", "discarded"].iter().position(|end| *end == how);
                happened(draft.company, moment, 2 + what.expect("an end"));
            }
        }
        for (_, company, moment) in self.direct.iter().filter(|(of, ..)| *of == survey) {
            happened(*company, *moment, 2);
            happened(*company, *moment, 3);
        }
        let sum = |what: usize| days.values().map(|counts| counts[what]).sum::<i64>();
        json!({
            "started": mine.len(), "submitted": count("submitted"), "submitted_directly": sum(3), "expired": count("expired"),
            "discarded": count("discarded"), "alive": mine.iter().filter(|draft| draft.end(now).is_none()).count(),
            "resumed": sum(1), "median_seconds": median(totals.collect()), "screens": screens.collect::<Vec<_>>(),
            "days": days.iter().map(|(day, counts)| json!([date(*day), counts])).collect::<Vec<_>>(),
        })
    }
}

/// The service's funnel, in the form of the recount.
async fn told(service: &Service<'_>, (survey, company, from, to): Asked) -> Value {
    let mut query = vec![format!("/api/admin/surveys/{survey}/funnel?")];
    query.extend(company.map(|id| format!("company_id={id}")));
    query.extend(from.map(|day| format!("from={}", date(day))));
    query.extend(to.map(|day| format!("to={}", date(day))));
    let mut funnel = service.get(&query.join("&").replace("?&", "?")).await.expect(200).json();
    assert_eq!(funnel["erased"], 0);
    for member in ["survey_id", "company_id", "from", "to", "erased", "has_further_screens"] {
        funnel.as_object_mut().expect("an object").remove(member);
    }
    for screen in funnel["screens"].as_array_mut().expect("screens") {
        for member in ["name", "title"] {
            screen.as_object_mut().expect("an object").remove(member);
        }
    }
    // A screen at which nobody has stayed, and nobody is, says nothing that its neighbours do not.
    let is_passed = |screen: &Value| {
        let ends = ["submitted", "lost", "alive"];
        ends.iter().all(|member| screen[*member] == 0) && screen["median_seconds"].is_null()
    };
    funnel["screens"].as_array_mut().expect("screens").retain(|screen| !is_passed(screen));
    for day in funnel["days"].as_array_mut().expect("days") {
        let counts = ["started", "resumed", "submitted", "submitted_directly", "expired", "discarded"];
        *day = json!([day["day"], counts.map(|member| day[member].as_i64().expect("a number"))]);
    }
    funnel
}

async fn the_funnel_of_any_history_is_that_of_a_recount(service: &Service<'_>) {
    service.server_key(&[Power::Participate, Power::Submit, Power::Figures]).await;
    service.database.add_survey(SURVEY);
    let companies = COMPANIES.map(|code| service.database.add_company(code, code).0);
    let mut recount = Recount::default();
    for seed in 0..SEEDS {
        let mut dice = Dice(seed);
        for _ in 0..COMMANDS {
            command(service, &mut recount, &companies, &mut dice, seed).await;
        }
        service.fold_events().await;
        same(service, &recount, &companies).await;
    }
    service.clock.advance(TimeDelta::days(35));
    same(service, &recount, &companies).await;
    service.purge().await;
    same(service, &recount, &companies).await;
    service.fold_events().await;
    service.forget_events(1).await;
    same(service, &recount, &companies).await;
    assert!(recount.drafts.len() > 40 && !recount.direct.is_empty(), "something happened");
}

/// Does something, and compares a funnel now and then.
async fn command(service: &Service<'_>, recount: &mut Recount, companies: &[i64; 3], dice: &mut Dice, seed: u64) {
    let survey = 1 + dice.below(2) as i64;
    let email = format!("p{}-{seed}@example.com", dice.below(9));
    let now: DateTime<Utc> = service.clock.now().into();
    let company = Some(dice.below(3) as usize).filter(|_| dice.below(3) == 0);
    let id = company.map(|index| companies[index]);
    let is_submitted = recount.submitted.contains(&(survey, email.clone()));
    match dice.below(20) {
        0..10 => {
            let screen = dice.below(6) as i64;
            let save = Save::of(&email).survey(survey).screen(screen as i32);
            let save = company.map_or(save.clone(), |index| save.guest_code(COMPANIES[index]));
            match is_submitted {
                true => drop(service.save(save).await.expect(400)),
                false => {
                    let answer = service.save(save).await;
                    assert!([200, 201].contains(&answer.status), "{}", answer.body);
                    recount.save(survey, &email, screen, id, now);
                }
            }
        }
        10..12 if !is_submitted => {
            let submission = Submission::of(&email).with("survey_id", survey.to_string());
            let code = company.map(|index| format!("\"{}\"", COMPANIES[index]));
            let submission = code.map_or(submission.clone(), |code| submission.with("guest_code", code));
            service.submit(submission).await.expect(201);
            recount.submit(survey, &email, id, now);
        }
        12 => {
            service.delete(&progress_path(&email, survey)).await.expect(204);
            recount.discard(survey, &email, now);
        }
        13..16 => service.clock.advance(TimeDelta::seconds(1 + dice.below(4000) as i64)),
        16 => service.clock.advance(TimeDelta::hours(dice.one_of(&[5, 24, 100, 400]))),
        17 => service.purge().await,
        18 => service.fold_events().await,
        _ => {
            let today = day_of(now);
            let from = Some(today - dice.below(60) as i64).filter(|_| dice.below(2) == 0);
            let to = Some(today - dice.below(30) as i64).filter(|_| dice.below(2) == 0);
            let asked = (survey, id, from, to);
            assert_eq!(told(service, asked).await, recount.funnel(asked, now), "{asked:?}, seed {seed}");
        }
    }
}

async fn same(service: &Service<'_>, recount: &Recount, companies: &[i64; 3]) {
    for survey in [1, 2] {
        for company in [None, Some(companies[0]), Some(companies[1]), Some(companies[2])] {
            let asked = (survey, company, None, None);
            assert_eq!(told(service, asked).await, recount.funnel(asked, service.clock.now().into()), "{asked:?}");
        }
    }
}
