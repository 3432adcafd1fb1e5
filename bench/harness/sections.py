"""What is measured, one function for each section."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from . import machine
from .databases import Database, DatabaseSystem
from .load import Figures, Load, MemoryWatch, loading
from .processes import BenchError
from .report import DISTURBED, Results
from .service import NO_PURGE, Programs, Server, first_put, seed, serving

SAVES = Load("saves.lua")
RESUMES = Load("resumes.lua")
MIX = Load("mixed.lua")
PATCHES = Load("patches.lua")
SHRINKING = Load("shrinking.lua")
DRAFTS = 10_000
# All load comes from one address, far more than any honest one sends. The limits count as ever, and refuse nothing.
UNREACHED_LIMITS = {
    "FORMPROGRESS_LIMIT_DRAFT": "10000000/60",
    "FORMPROGRESS_LIMIT_ADDRESS": "10000000/1",
    "FORMPROGRESS_LIMIT_LOOKUPS": "10000000/1",
}
ATTEMPTS = 3

T = TypeVar("T")


@dataclass(frozen=True)
class Scale:
    """How long and how much."""

    seconds: float
    warm_up: float
    many_drafts: int
    expired_drafts: int


@dataclass
class Bench:
    """What every section needs."""

    folder: Path
    programs: Programs
    payload_file: Path
    payloads: list[str]
    scale: Scale
    results: Results

    def measure(self, system: DatabaseSystem, name: str, server: Server, load: Load) -> Figures:
        """One measurement: rest, warm-up, the load itself."""
        say(f"{system.title}: {name}")
        server.need_right_answers(self.payloads[0])

        def attempt() -> tuple[Figures, Figures, MemoryWatch]:
            with loading(server.url, load, self.scale.warm_up, self.payload_file) as warm_up:
                warmed = warm_up.figures()
            with (
                MemoryWatch(server.process.pid) as memory,
                loading(server.url, load, self.scale.seconds, self.payload_file) as measured,
            ):
                return measured.figures(), warmed, memory

        (figures, warmed, memory), circumstances = self.undisturbed(system, name, attempt)
        server.need_alive()
        self.keep(system, name, figures, warmed, memory, **circumstances)
        say(
            f"    {figures.per_second:,.0f}/s, p50 {figures.p50_ms:.2f} ms, p99 {figures.p99_ms:.2f} ms, {memory.peak_mib:.0f} MiB"
        )
        return figures

    def undisturbed(self, system: DatabaseSystem, name: str, attempt: Callable[[], T]) -> tuple[T, dict[str, float]]:
        """Measures on a machine at rest, and again if other programs used it meanwhile; says what the circumstances were."""
        for left in reversed(range(ATTEMPTS)):
            forced_write_ms = self.rest(system, name)
            with machine.OthersWatch() as others:
                result = attempt()
            if others.share <= DISTURBED or not left:
                break
            say(f"    other programs used {others.share:.0%} of the machine: measuring again")
        return result, {"forced_write_ms": forced_write_ms, "others_share": others.share}

    def keep(
        self, system: DatabaseSystem, name: str, figures: Figures, warmed: Figures, memory: MemoryWatch, **extras: float
    ) -> None:
        """Keeps a measurement with load; what went wrong in its warm-up counts too."""
        figures = replace(figures, failure=figures.failure or (warmed.failure and f"in the warm-up: {warmed.failure}"))
        extras |= {
            "sampled_mib": memory.sampled_mib,
            "peak_mib": memory.peak_mib,
            "warm_up_requests": warmed.requests or 0,
        }
        self.results.add(system.key, name, figures, **extras)

    def rest(self, system: DatabaseSystem, name: str) -> float:
        """Waits until the machine has nothing else to do; returns how long a forced write takes now, in ms: disks have moods."""
        if not machine.wait_until_idle():
            self.results.note(
                f"{system.title}, {name}: the machine was not idle before this measurement, something else ran on it."
            )
        return machine.forced_write_ms(self.folder)

    @contextmanager
    def service(
        self, system: DatabaseSystem, database: Database, name: str, purge_schedule: str = NO_PURGE
    ) -> Iterator[Server]:
        """The service on this database."""
        env = {"DATABASE_URL": database.url, "FORMPROGRESS_PURGE_SCHEDULE": purge_schedule}
        env |= UNREACHED_LIMITS | system.service_env
        with serving(self.programs.formprogress, self.folder / f"{system.key}-{name}.log", env, ["serve"]) as server:
            yield server


def ceiling(bench: Bench, system: DatabaseSystem) -> None:
    """The server without storage: what HTTP alone allows. Measured beside each database, since a machine has its moods."""
    with serving(bench.programs.ceiling, bench.folder / f"{system.key}-bench-ceiling.log") as server:
        bench.measure(system, "ceiling of the POST", server, SAVES)
        bench.measure(system, "ceiling of the GET", server, RESUMES)


def service(bench: Bench, system: DatabaseSystem) -> None:
    """The service itself: saves, resumes, both, a lone save, saves that hold less, changes by id."""
    with system.database("service") as database, bench.service(system, database, "service") as server:
        fill_over_http(bench, database, server)
        saves_before = database.count_saves()
        figures = bench.measure(system, "saves", server, SAVES)
        need_real_saves(bench, system, "saves", figures, database.count_saves() - saves_before)
        bench.measure(system, "resumes", server, RESUMES)
        bench.measure(system, "mix", server, MIX)
        bench.measure(system, "lone save", server, Load("saves.lua", connections=1))
        bench.measure(system, "saves, a quarter of which hold less", server, SHRINKING)
        say(f"    filling {DRAFTS:,} drafts by id")
        seed(server, bench.payloads, DRAFTS, first_put)
        saves_before = database.count_saves()
        name = "PATCH with If-Match and Idempotency-Key"
        figures = bench.measure(system, name, server, PATCHES)
        need_real_saves(bench, system, name, figures, database.count_saves() - saves_before)
        bench.measure(system, "saves beside them", server, SAVES)


def storage(bench: Bench, system: DatabaseSystem) -> None:
    """The same storage without the service: one save per transaction, no HTTP."""
    plain(bench, system, "one save per transaction, no HTTP", 64)


def slow(bench: Bench, system: DatabaseSystem) -> None:
    """Saves on the slow volume; `system` is one that lives there."""
    with system.database("slow") as database, bench.service(system, database, "slow") as server:
        if system.service_env:
            need_shim(server, system)
        fill_over_http(bench, database, server)
        bench.measure(system, "slow volume: saves", server, SAVES)
        bench.measure(system, "slow volume: saves, 256 connections", server, Load("saves.lua", connections=256))
        bench.measure(system, "slow volume: lone save", server, Load("saves.lua", connections=1))
    plain(bench, system, "slow volume: one save per transaction, no HTTP", 64)
    lone = plain(bench, system, "slow volume: the same over one connection", 1) if system.key == "postgres" else None
    one_by_one = lone or bench.results.figures(system.key, "slow volume: one save per transaction, no HTTP")
    # One after another, 3 ms each: 333 at most.
    if one_by_one and one_by_one.per_second > 340:
        raise BenchError(f"the slow volume does not work: {one_by_one.per_second:.0f} commits/s one after another")


def many(bench: Bench, system: DatabaseSystem) -> None:
    """Saves with few and with many drafts stored, each time spread over all of them."""
    count = bench.scale.many_drafts
    machine.need_free_space(bench.folder, 2 + count * 12e3 / 2**30)
    with system.database("many") as database:
        for first, last in ((1, DRAFTS), (DRAFTS + 1, count)):
            say(f"{system.title}: filling {last:,} drafts")
            database.fill(first, last)
            database.settle()
            name = "few drafts stored: saves" if last == DRAFTS else "many drafts stored: saves"
            with bench.service(system, database, f"stored-{last}") as server:
                bench.measure(system, name, server, Load("saves.lua", emails=last))
            if database.count_drafts() != last:
                raise BenchError(
                    f"{database.count_drafts():,} drafts are stored, not {last:,}: the load missed the drafts that were there"
                )
            database.settle()
    bench.results.note(f'{system.title}: "few" are {DRAFTS:,} drafts, "many" are {count:,}.')


def plain(bench: Bench, system: DatabaseSystem, name: str, connections: int) -> Figures:
    """One save per transaction, no HTTP."""
    say(f"{system.title}: {name}")
    figures, circumstances = bench.undisturbed(
        system, name, lambda: system.one_save_per_transaction(bench.scale.seconds, connections)
    )
    bench.results.add(system.key, name, figures, **circumstances)
    say(f"    {figures.per_second:,.0f}/s")
    return figures


def fill_over_http(bench: Bench, database: Database, server: Server) -> None:
    """Saves every draft once."""
    say(f"    filling {DRAFTS:,} drafts over HTTP")
    seed(server, bench.payloads, DRAFTS)
    if database.count_drafts() != DRAFTS:
        raise BenchError(f"after {DRAFTS:,} acknowledged first saves {database.count_drafts():,} drafts are stored")


def need_real_saves(bench: Bench, system: DatabaseSystem, name: str, figures: Figures, changes: int) -> None:
    """Checks the benchmark itself: each acknowledged save must have changed its draft."""
    answered = (figures.requests or 0) + bench.results.warm_up_requests(system.key, name)
    if changes < answered:
        bench.results.fail(
            f"{system.title}, {name}: {answered:,} were acknowledged, but the versions grew by {changes:,} only"
        )


def need_shim(server: Server, system: DatabaseSystem) -> None:
    """Stops the benchmark if the service runs without the shim."""
    maps = Path(f"/proc/{server.process.pid}/maps").read_text()
    if system.service_env["LD_PRELOAD"] not in maps:
        raise BenchError("the slow volume does not work: the service did not load the shim (is it linked statically?)")


def say(text: str) -> None:
    """Progress, beside the results."""
    print(text, file=sys.stderr, flush=True)
