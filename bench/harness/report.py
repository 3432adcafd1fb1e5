"""The results: collecting them, holding them against the targets, writing them down."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .load import Figures

# The share of the machine that other programs may use while something is measured.
DISTURBED = 0.05
DATABASES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


@dataclass
class Measurement:
    """One row of figures, with what else was seen meanwhile."""

    figures: Figures
    extras: dict[str, float]

    @property
    def is_disturbed(self) -> bool:
        """Whether other programs used the machine meanwhile."""
        return self.extras.get("others_share", 0) > DISTURBED


@dataclass
class Results:
    """All that this run has measured."""

    about: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    complete: bool = False
    _measurements: dict[tuple[str, str], Measurement] = field(default_factory=dict)

    def add(self, database: str, name: str, figures: Figures, **extras: float) -> None:
        """Keeps a measurement; a failed one is reported as such."""
        self._measurements[database, name] = Measurement(figures, extras)
        if figures.failure:
            self.fail(f"{DATABASES[database]}, {name}: {figures.failure}")

    def note(self, text: str) -> None:
        """Says something beside the table."""
        self.notes.append(text)

    def fail(self, text: str) -> None:
        """Says that the benchmark failed: its figures prove nothing."""
        self.failures.append(text)
        print(f"!!! FAILED: {text}", file=sys.stderr, flush=True)

    def figures(self, database: str, name: str) -> Figures | None:
        """The figures of a measurement, if there are any that count."""
        measurement = self._measurements.get((database, name))
        return measurement.figures if measurement and not measurement.figures.failure else None

    def is_disturbed(self, database: str, *names: str) -> bool:
        """Whether other programs used the machine during one of these measurements."""
        return any(self._measurements[database, name].is_disturbed for name in names)

    def extra(self, database: str, name: str, key: str) -> float | None:
        """What else was seen at a measurement."""
        measurement = self._measurements.get((database, name))
        return measurement.extras.get(key) if measurement else None

    def warm_up_requests(self, database: str, name: str) -> int:
        """How many requests were answered in the warm-up of a measurement."""
        return int(self.extra(database, name, "warm_up_requests") or 0)

    def databases(self) -> dict[str, str]:
        """The databases that anything was measured on, with their titles."""
        measured = {database for database, _ in self._measurements}
        return {database: title for database, title in DATABASES.items() if database in measured}

    def rows(self) -> list[tuple[str, str, Measurement]]:
        """All measurements in the order in which they were made."""
        return [(database, name, measurement) for (database, name), measurement in self._measurements.items()]


@dataclass(frozen=True)
class Verdict:
    """A measured value, and how it came about."""

    value: float
    how: str
    is_disturbed: bool


@dataclass(frozen=True)
class Target:
    """What is to be reached; a database without a limit is only reported."""

    what: str
    measured: Callable[[Results, str], Verdict | None]
    limits: dict[str, float]
    at_most: bool = False
    unit: str = ""

    def met(self, database: str, value: float) -> bool | None:
        """Whether the value reaches the target; None if there is none."""
        limit = self.limits.get(database)
        if limit is None:
            return None
        return value <= limit if self.at_most else value >= limit


def rates(above: str, below: str) -> Callable[[Results, str], Verdict | None]:
    """One measurement's requests per second against another's."""

    def measured(results: Results, database: str) -> Verdict | None:
        top, bottom = results.figures(database, above), results.figures(database, below)
        if not top or not bottom:
            return None
        return Verdict(
            top.per_second / bottom.per_second,
            f"{top.per_second:,.0f}/s : {bottom.per_second:,.0f}/s",
            results.is_disturbed(database, above, below),
        )

    return measured


def save_p99(results: Results, database: str) -> Verdict | None:
    """The p99 of a save."""
    saves = results.figures(database, "saves")
    if not saves or saves.p99_ms is None:
        return None
    return Verdict(saves.p99_ms, "", results.is_disturbed(database, "saves"))


def purge_p99(results: Results, database: str) -> Verdict | None:
    """The p99 of saves during the purge against that without."""
    names = ("during the purge: saves", "no purge: saves")
    during, without = (results.figures(database, name) for name in names)
    if not during or not without or not during.p99_ms or not without.p99_ms:
        return None
    return Verdict(
        during.p99_ms / without.p99_ms,
        f"{during.p99_ms:.2f} ms : {without.p99_ms:.2f} ms",
        results.is_disturbed(database, *names),
    )


def memory(results: Results, database: str) -> Verdict | None:
    """The peak of the service's resident memory under load, as the kernel counts it."""
    seen = {name: results.extra(database, name, "peak_mib") for name in ("saves", "resumes", "mix")}
    known = {name: peak for name, peak in seen.items() if peak}
    if not known:
        return None
    highest = max(known, key=lambda name: known[name])
    return Verdict(known[highest], f"in the {highest}", is_disturbed=False)


PLAIN = "one save per transaction, no HTTP"
TARGETS = (
    Target(
        "durable saves against the ceiling of the POST",
        rates("saves", "ceiling of the POST"),
        {"sqlite": 0.30, "postgres": 0.18},
    ),
    Target(
        "durable saves against one save per transaction without HTTP",
        rates("saves", PLAIN),
        {"sqlite": 1.5, "postgres": 1.0},
        unit="x",
    ),
    Target(
        "the same on the 3 ms volume, 64 connections",
        rates("slow volume: saves", f"slow volume: {PLAIN}"),
        {"sqlite": 15},
        unit="x",
    ),
    Target(
        "the same on the 3 ms volume, 256 connections",
        rates("slow volume: saves, 256 connections", f"slow volume: {PLAIN}"),
        {"sqlite": 30},
        unit="x",
    ),
    Target(
        "resumes against the ceiling of the GET",
        rates("resumes", "ceiling of the GET"),
        {"sqlite": 0.40, "postgres": 0.15},
    ),
    Target("p99 of a save, 64 connections", save_p99, {"sqlite": 15, "postgres": 40}, at_most=True, unit=" ms"),
    Target(
        "PATCH of a 4 KB draft with If-Match and Idempotency-Key against a plain save",
        rates("PATCH with If-Match and Idempotency-Key", "saves beside them"),
        {"sqlite": 0.6, "postgres": 0.6},
    ),
    Target(
        "saves of which a quarter hold less (kept for undo) against plain ones",
        rates("saves, a quarter of which hold less", "saves"),
        {},
    ),
    Target(
        "resident memory of the service under load (peak)",
        memory,
        {"sqlite": 64, "postgres": 64},
        at_most=True,
        unit=" MiB",
    ),
    Target(
        "saves/s with many drafts stored against 10,000",
        rates("many drafts stored: saves", "few drafts stored: saves"),
        {"sqlite": 0.8, "postgres": 0.8},
    ),
    Target(
        "p99 of saves during the purge against without", purge_p99, {"sqlite": 3, "postgres": 3}, at_most=True, unit="x"
    ),
)


def markdown(results: Results) -> str:
    """The whole report."""
    parts = ["# formprogress: benchmark", ""]
    if results.failures:
        parts += [
            "**THIS BENCHMARK FAILED. Its figures prove nothing:**",
            "",
            *(f"- {text}" for text in results.failures),
            "",
        ]
    if not results.complete:
        parts += ["**This run was broken off: what is here is only a part.**", ""]
    if any(measurement.is_disturbed for _, _, measurement in results.rows()):
        parts += [
            "**Other programs ran: what is marked as disturbed, and the ratios made of it, say little. Measure again.**",
            "",
        ]
    parts += [f"- {name}: {text}" for name, text in results.about.items()]
    parts += ["", "## Targets", "", *target_table(results), "", "## All figures", "", *figure_table(results)]
    if results.notes:
        parts += ["", "## Notes", "", *(f"- {text}" for text in results.notes)]
    return "\n".join(parts) + "\n"


def target_table(results: Results) -> list[str]:
    """Each target with what was measured for it."""
    lines = ["| what | database | measured | target | met |", "|---|---|---|---|---|"]
    for target in TARGETS:
        for database, title in results.databases().items():
            verdict = target.measured(results, database)
            limit = target.limits.get(database)
            goal = "report it" if limit is None else f"{'<=' if target.at_most else '>='} {limit:g}{target.unit}"
            if verdict is None:
                lines.append(f"| {target.what} | {title} | not measured | {goal} | |")
                continue
            how = f" ({verdict.how})" if verdict.how else ""
            met = {True: "yes", False: "**NO**", None: ""}[target.met(database, verdict.value)]
            met += " (disturbed)" if verdict.is_disturbed else ""
            lines.append(f"| {target.what} | {title} | {verdict.value:.2f}{target.unit}{how} | {goal} | {met} |")
    return lines


def figure_table(results: Results) -> list[str]:
    """Every measurement in absolute figures."""
    heads = ("measurement", "database", "per second", "p50 ms", "p99 ms", "max ms", "memory MiB", "forced write ms")
    lines = [f"| {' | '.join(heads)} |", "|---|---" + "|---:" * 6 + "|"]
    for database, name, measurement in results.rows():
        figures = measurement.figures
        times = [
            f"{value:.2f}" if value is not None else "" for value in (figures.p50_ms, figures.p99_ms, figures.max_ms)
        ]
        peak, forced = measurement.extras.get("peak_mib"), measurement.extras.get("forced_write_ms")
        remark = f" **FAILED: {figures.failure}**" if figures.failure else ""
        if measurement.is_disturbed:
            remark += f" (disturbed: others used {measurement.extras['others_share']:.0%} of the machine)"
        lines.append(
            f"| {name}{remark} | {DATABASES[database]} | {figures.per_second:,.0f} | {' | '.join(times)} | {f'{peak:.0f}' if peak else ''}"
            f" | {f'{forced:.2f}' if forced else ''} |"
        )
    return lines


def missed(results: Results) -> list[str]:
    """The targets that were measured and not met."""
    texts = []
    for target in TARGETS:
        for database, title in results.databases().items():
            verdict = target.measured(results, database)
            if verdict and target.met(database, verdict.value) is False:
                texts.append(f"{title}: {target.what}")
    return texts


def write(results: Results, folder: Path) -> None:
    """Writes results.md and results.json."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.md").write_text(markdown(results), encoding="utf-8")
    raw = {
        "complete": results.complete,
        "failures": results.failures,
        "missed": missed(results),
        "about": results.about,
        "notes": results.notes,
        "measurements": [
            {"database": database, "name": name} | asdict(measurement.figures) | measurement.extras
            for database, name, measurement in results.rows()
        ],
    }
    (folder / "results.json").write_text(json.dumps(raw, indent=2) + "\n", encoding="utf-8")
