//! A survey as the pages of its drafts need it.

use crate::{
    progress::Screen,
    surveys::{Survey, questions::Questions},
};

/// A survey as a draft of it is looked at: its questions and screens.
#[derive(Debug, Default)]
pub struct Form {
    /// Its title.
    pub name: String,
    /// What it asks.
    pub questions: Questions,
    screens: Vec<String>,
}

impl Form {
    /// Of a survey; of none, as if it asked nothing.
    pub fn of(survey: Option<&Survey>) -> Self {
        let Some(survey) = survey else { return Self::default() };
        let questions = Questions::of(&survey.definition);
        let own = survey.screens.iter().map(|screen| match screen.title.trim().is_empty() {
            true => screen.name.clone(),
            false => screen.title.clone(),
        });
        let mut screens: Vec<String> = own.collect();
        if screens.is_empty() && !questions.is_empty() {
            screens = questions.screens().map(str::to_owned).collect();
        }
        Self { name: survey.name.clone(), questions, screens }
    }

    /// A screen among the others, with its title as far as it is known.
    pub fn screen(&self, Screen(number): Screen) -> String {
        let title = usize::try_from(number).ok().and_then(|number| self.screens.get(number));
        match title {
            Some(title) if title.is_empty() => format!("{} of {}", i64::from(number) + 1, self.screens.len()),
            Some(title) => format!("{} of {}: {title}", i64::from(number) + 1, self.screens.len()),
            None => format!("number {number}, counted from 0"),
        }
    }
}
