//! What has happened in the demo before it starts: some weeks of participants who came, went on, went away, submitted. It is made
//! of the writes that a front end would have sent, carried out by the same rules as of then, so that the record of it is true.

use diesel::{QueryResult, result::Error};
use serde_json::{json, value::RawValue};

use crate::{
    clock::Moment,
    companies::GuestCode,
    db::Conn,
    email::Email,
    http::Parameter,
    progress::{
        Change, Data, DraftId, Pair, Screen,
        conditions::Conditions,
        group,
        writes::{Act, By, Save, Target, Way, Write},
    },
    record,
    submissions::{
        Given, Submit,
        answers::{Answers, Options},
        digest_of,
    },
    surveys::SurveyId,
};

/// Days that it goes back. Drafts live for thirty, so that some of the first have expired.
pub const DAYS: u32 = 45;

/// So many come on a day of the week, the oldest day first.
const A_DAY: [u32; 7] = [3, 2, 4, 3, 2, 1, 1];

const NAMES: [&str; 12] =
    ["amira", "bruno", "chen", "dana", "emil", "farah", "goran", "hanna", "ines", "jonas", "kemal", "lucia"];

/// The questions of the demo's survey by screen, each with its options.
const SCREENS: [&[(i64, [i64; 3])]; 3] =
    [&[(10, [100, 101, 102]), (11, [110, 111, 112])], &[(20, [200, 201, 202])], &[(30, [300, 301, 302])]];

/// Numbers that look as if by chance, the same each time (a linear congruential generator).
struct Chance(u64);

impl Chance {
    /// From 0 to below `end`.
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(end.max(1))).unwrap_or(0)
    }
}

/// Plays it until now. To be run in a write transaction, once the survey is there.
pub fn play(
    conn: &mut Conn,
    survey_id: SurveyId,
    definition: &RawValue,
    codes: &[&str],
    now: Moment,
) -> QueryResult<()> {
    let options = Options::of(definition);
    let mut chance = Chance(20_261_121);
    let mut number = 0;
    for day in (0..DAYS).rev() {
        for _ in 0..A_DAY[(day % 7) as usize] {
            number += 1;
            let name = NAMES[chance.below(12) as usize];
            let email = parsed::<Email>(&format!("{name}.{number}@example.com"))?;
            let code = codes.get(chance.below(3) as usize).copied();
            let began = now.minus_days(day).minus_minutes(30 + chance.below(14 * 60));
            Participant { pair: Pair { email, survey_id }, code, options: &options }.take_part(
                conn,
                began,
                now,
                &mut chance,
            )?;
        }
    }
    // As it would have been each minute.
    match record::store::unfolded(conn)? {
        Some(until) => record::store::fold(conn, until, EVENTS, now).map(drop),
        None => Ok(()),
    }
}

/// More events than the history has.
const EVENTS: i64 = 100_000;

struct Participant<'a> {
    pair: Pair,
    code: Option<&'a str>,
    options: &'a Options,
}

impl Participant<'_> {
    /// From the first screen as far as they come.
    fn take_part(&self, conn: &mut Conn, began: Moment, now: Moment, chance: &mut Chance) -> QueryResult<()> {
        let (mut at, mut answers) = (began, Vec::new());
        for (screen, questions) in SCREENS.iter().enumerate() {
            self.write(conn, at, self.save(screen, &answers)?)?;
            answers.extend(questions.iter().map(|(question, options)| (*question, options[chance.below(3) as usize])));
            // The third screen asks for a thought, and some never have it; others come back on another day.
            if chance.below(100) < [14, 12, 26][screen] {
                return Ok(());
            }
            let comes_back_later = chance.below(9) == 0;
            at = at.plus_minutes(1 + chance.below(6) + if comes_back_later { 60 * 26 } else { 0 });
            if at >= now {
                return Ok(());
            }
        }
        self.write(conn, at, self.save(SCREENS.len(), &answers)?)?;
        match chance.below(20) {
            0 => self.write(conn, at.plus_minutes(1), Act::Discard),
            1..4 => Ok(()),
            _ => self.write(conn, at.plus_minutes(1), self.submit(&answers)?),
        }
    }

    fn save(&self, screen: usize, answers: &[(i64, i64)]) -> QueryResult<Act> {
        let responses: Vec<_> =
            answers.iter().map(|(question, option)| json!({"questionId": question, "optionId": option})).collect();
        let data = json!({"guestCodeResponse": {"guestCode": self.code}, "responses": responses}).to_string();
        let change = Change {
            current_screen: Some(parsed::<Screen>(&screen.to_string())?),
            data: Some(Data::of(raw(data)?.into())),
            guest_code: self.code.map(parsed::<GuestCode>).transpose()?,
            ..Default::default()
        };
        let survey_id = self.pair.survey_id;
        Ok(Act::Save(Save { way: Way::Progress, new_id: DraftId::random(), survey_id, change }))
    }

    fn submit(&self, answers: &[(i64, i64)]) -> QueryResult<Act> {
        let sent = raw(json!(answers.iter().map(|(_, option)| option).collect::<Vec<_>>()).to_string())?;
        let given =
            Given::Sent { answers: Answers::read(&sent, self.options, "/answers"), digest: digest_of(Some(&sent)) };
        Ok(Act::Submit(Submit {
            guest_code: self.code.map(parsed::<GuestCode>).transpose()?,
            participant: None,
            answers: given,
            unknown_draft_id: DraftId::random(),
        }))
    }

    fn write(&self, conn: &mut Conn, at: Moment, act: Act) -> QueryResult<()> {
        let target = Target::Pair(self.pair.clone());
        let (conditions, by) = (Conditions::default(), By::Participant);
        let write = Write { target, conditions, key: None, body_is_valid: true, by, act };
        group::replay(conn, &write, at)?.map(drop).map_err(|refusal| Error::DeserializationError(Box::new(refusal)))
    }
}

fn parsed<T: Parameter>(text: &str) -> QueryResult<T> {
    T::parse(text).map_err(|detail| Error::DeserializationError(detail.into()))
}

fn raw(json: String) -> QueryResult<Box<RawValue>> {
    RawValue::from_string(json).map_err(|error| Error::DeserializationError(error.into()))
}
