"""The p99 of saves while expired drafts are purged, against without.

What makes this hard to measure is the window: it must begin after the purge has begun and end before the purge does.
So the purge is set to one moment; load runs towards it; the measured load starts as soon as the first rows are gone,
and is stopped early if the purge ends first.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from . import machine
from .databases import Database, DatabaseSystem
from .load import Figures, MemoryWatch, loading
from .processes import BenchError, wait_for
from .sections import DRAFTS, SAVES, Bench, say
from .service import Server

POLL_SECONDS = 0.25
LONGEST_PURGE_SECONDS = 900


def purge(bench: Bench, system: DatabaseSystem) -> None:
    """Measures both on the same database: first without, since afterwards the expired drafts are gone."""
    expired = bench.scale.expired_drafts
    machine.need_free_space(bench.folder, 2 + expired * 12e3 / 2**30)
    with system.database("purge") as database:
        say(f"{system.title}: filling {expired:,} expired drafts beside {DRAFTS:,} living ones")
        database.fill(1, expired, expired=True)
        database.fill(1, DRAFTS)
        database.settle()
        with bench.service(system, database, "without-purge") as server:
            bench.measure(system, "no purge: saves", server, SAVES)
        if database.count_expired() != expired:
            raise BenchError("expired drafts were purged although no purge was due: the comparison would say nothing")
        database.settle()
        during(bench, system, database)


def during(bench: Bench, system: DatabaseSystem, database: Database) -> None:
    """The part with the purge."""
    name = "during the purge: saves"
    say(f"{system.title}: {name}")
    forced_write_ms = bench.rest(system, name)
    # To the full second: a cron expression knows no parts of it.
    due = (datetime.now(UTC) + timedelta(seconds=4 + bench.scale.warm_up)).replace(microsecond=0)
    schedule = f"{due.second} {due.minute} {due.hour} * * *"
    with bench.service(system, database, "purge", schedule) as server:
        with loading(server.url, SAVES, bench.scale.warm_up + 60, bench.payload_file) as warm_up:
            before = wait_for_first_rows(bench, database, due)
            warm_up.stop_early()
            warmed = warm_up.figures()
        with MemoryWatch(server.process.pid) as memory, machine.OthersWatch() as others:
            figures = measure_inside(bench, database, server)
        after = database.count_expired()
        gone = before - after
        if not wait_for(lambda: not database.has_expired(), LONGEST_PURGE_SECONDS, POLL_SECONDS):
            raise BenchError(f"the purge left expired drafts behind for {LONGEST_PURGE_SECONDS} s after it began")
        took = (datetime.now(UTC) - due).total_seconds()
        server.need_alive()
    left = database.count_drafts()
    if left != DRAFTS:
        bench.results.fail(
            f"{system.title}: {left:,} drafts are stored after the purge, not the {DRAFTS:,} living ones"
        )
    circumstances = {"forced_write_ms": forced_write_ms, "others_share": others.share}
    bench.keep(
        system, name, figures, warmed, memory, rows_before=before, rows_after=after, purge_seconds=took, **circumstances
    )
    say(
        f"    {figures.per_second:,.0f}/s, p99 {figures.p99_ms:.2f} ms; {gone:,} rows went away, the entire purge took {took:.1f} s"
    )
    bench.results.note(
        f"{system.title}, purge: the window of {figures.seconds:.1f} s began with {before:,} expired drafts left and ended with {after:,}"
        f" ({gone:,} went away in it); all {bench.scale.expired_drafts:,} were gone after {took:.1f} s."
    )
    if after == 0:
        bench.results.note(
            f"{system.title}, purge: the window was cut where the purge ended, to within {POLL_SECONDS + 0.1:.2f} s."
        )


def wait_for_first_rows(bench: Bench, database: Database, due: datetime) -> int:
    """Waits until the purge has taken its first rows; returns how many are left."""
    time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
    deadline = time.monotonic() + 30
    while True:
        left = database.count_expired()
        if left == 0:
            raise BenchError(
                "the purge was over before it could be measured: too few expired drafts for this machine (is this --quick?)"
            )
        if left < bench.scale.expired_drafts:
            return left
        if time.monotonic() > deadline:
            raise BenchError("no purge began within 30 s of the moment that FORMPROGRESS_PURGE_SCHEDULE named")
        time.sleep(0.1)


def measure_inside(bench: Bench, database: Database, server: Server) -> Figures:
    """Puts on the load until its time is up or nothing is left to purge."""
    with loading(server.url, SAVES, bench.scale.seconds, bench.payload_file) as load:
        while not load.is_over:
            if not database.has_expired():
                load.stop_early()
                break
            time.sleep(POLL_SECONDS)
        return load.figures()
