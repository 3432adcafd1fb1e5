//! What is looked at, and not counted: put together anew for each who asks, so that two of them do not disturb each other.

use std::fmt;

use prometheus_client::{
    encoding::{EncodeGaugeValue, text},
    metrics::{
        counter::ConstCounter,
        family::Family,
        gauge::{ConstGauge, Gauge},
    },
    registry::{Registry, Unit},
};

use super::{Metrics, PREFIX, labels::OfSurvey};
use crate::{db::PoolState, progress::writer::QueueState, record::store::LiveDrafts};

/// The state of the service at this moment.
pub struct State {
    pub queue: QueueState,
    pub pool: PoolState,
    /// Statements that the database was asked to run.
    pub queries: u64,
    /// None if the database did not answer.
    pub live_drafts: Option<LiveDrafts>,
}

impl Metrics {
    /// Everything, in the text format of OpenMetrics.
    pub fn text(&self, state: &State) -> Result<String, fmt::Error> {
        let mut text = String::new();
        text::encode_registry(&mut text, &self.0.registry)?;
        text::encode_registry(&mut text, &self.gauges(state))?;
        text::encode_eof(&mut text)?;
        Ok(text)
    }

    fn gauges(&self, state: &State) -> Registry {
        let State { queue, pool, queries, live_drafts } = state;
        let mut registry = Registry::with_prefix(PREFIX);
        let mut gauge = |name, help, value| registry.register(name, help, ConstGauge::new(value));
        gauge("queue_commands", "Commands that wait for a writer", queue.commands);
        gauge("queue_commands_limit", "Commands that may wait before others are refused", queue.commands_limit);
        gauge("pool_connections", "Open database connections for reads", pool.open);
        gauge("pool_connections_in_use", "Reads that have a connection now", pool.in_use);
        gauge("pool_connections_limit", "Database connections that reads may have", pool.limit);
        gauge("database_up", "Whether the database answered just now: 1 or 0", u64::from(live_drafts.is_some()));
        with_unit(&mut registry, "queue", "Memory of waiting and running writes", Unit::Bytes, queue.bytes);
        with_unit(&mut registry, "queue_limit", "Memory that waiting writes may hold", Unit::Bytes, queue.bytes_limit);
        registry.register("pool_waits", "Reads that had to wait for a connection", ConstCounter::new(pool.waits));
        let help = "Statements that the database ran: queries and changes, and where transactions begin and end";
        registry.register("database_queries", help, ConstCounter::new(*queries));
        if let Some(purge) = self.last_purge() {
            let (ended, took) = (purge.ended_at.unix_seconds(), purge.took.as_secs_f64());
            with_unit(&mut registry, "last_purge_timestamp", "When the last good purge ended", Unit::Seconds, ended);
            with_unit(&mut registry, "last_purge_duration", "How long the last good purge took", Unit::Seconds, took);
        }
        if let Some(live_drafts) = live_drafts {
            let family = Family::<OfSurvey, Gauge>::default();
            for (survey_id, drafts) in live_drafts {
                family.get_or_create(&OfSurvey { survey: survey_id.0 }).set(*drafts);
            }
            registry.register("live_drafts", "Drafts by survey; an expired one counts until it is purged", family);
        }
        registry
    }
}

fn with_unit<N>(registry: &mut Registry, name: &str, help: &str, unit: Unit, value: N)
where
    N: EncodeGaugeValue + Copy + fmt::Debug + Send + Sync + 'static,
{
    registry.register_with_unit(name, help, unit, ConstGauge::new(value));
}
