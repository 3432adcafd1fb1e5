#!/usr/bin/env python3
"""Measures how long the funnel takes when a survey has had a million drafts and ten million events. See bench/README.md."""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness.databases import Database, DatabaseSystem  # noqa: E402 (the path had to be set first)
from harness.payloads import write_payloads  # noqa: E402
from harness.postgres import PostgresSystem, cluster  # noqa: E402
from harness.processes import BenchError, run, stop_cleanly_on_signals  # noqa: E402
from harness.service import NO_PURGE, Programs, Server, build, serving  # noqa: E402
from harness.sqlite import SqliteSystem  # noqa: E402

DAYS = 400
# The 21st of November 2026: the drafts begin in the days before it.
END = 1_795_253_400
KEY = "fp_server_benchmark"
ADD_KEY = (
    "INSERT INTO api_keys (kind, name, digest, hint, powers, created_at) VALUES "
    "('server', 'benchmark', {digest}, 'fp_server_b', 'figures:read', '2026-11-21T00:00:00.000000Z')"
)

# Draft n has n * 7919 % 10 + 4 screens behind its first one, spends 20 to 119 seconds on each, and then, unless it has begun in
# the last 20 days, is submitted (6 of 10), expires (3) or is discarded. Three of four belong to one of three companies.
COLUMNS = "(at, kind, survey_id, company_id, draft_id, started_at, screen, from_screen)"
KIND = """CASE WHEN step = 0 THEN 'started' WHEN step <= depth THEN 'screen_entered'
    WHEN n % 10 < 6 THEN 'submitted' WHEN n % 10 < 9 THEN 'expired' ELSE 'discarded' END"""
VALUES = f"""{KIND}, 1, CASE WHEN n % 4 > 0 THEN 1 + n % 3 END"""
SCREENS = "min(step, depth), CASE WHEN step BETWEEN 1 AND depth THEN step - 1 END"
SQLITE = f"""
WITH RECURSIVE number (n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM number WHERE n < ?2),
    step (step) AS (SELECT 0 UNION ALL SELECT step + 1 FROM step WHERE step < 14),
    draft AS (SELECT n, 4 + n * 7919 % 10 AS depth, 20 + n * 104729 % 100 AS pace,
        {END} - {DAYS} * 86400 + CAST(n * {DAYS} * 86400.0 / ?3 AS INTEGER) AS began FROM number)
INSERT INTO progress_events {COLUMNS}
SELECT strftime('%Y-%m-%dT%H:%M:%S', began + step * pace, 'unixepoch') || '.000000Z', {VALUES},
    printf('00000000-0000-7000-8000-%012x', n), strftime('%Y-%m-%dT%H:%M:%S', began, 'unixepoch') || '.000000Z', {SCREENS}
FROM draft CROSS JOIN step
WHERE step <= depth + (began < {END} - 20 * 86400)
ORDER BY n, step
"""
POSTGRES = f"""
INSERT INTO progress_events {COLUMNS}
SELECT to_timestamp(began + step * pace), {VALUES},
    ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, to_timestamp(began), {SCREENS.replace("min(", "least(")}
FROM generate_series({{first}}::bigint, {{last}}::bigint) AS n
CROSS JOIN LATERAL (SELECT 4 + n * 7919 % 10 AS depth, 20 + n * 104729 % 100 AS pace,
    {END} - {DAYS} * 86400 + floor(n * {DAYS} * 86400.0 / {{drafts}}) AS began) AS draft
CROSS JOIN LATERAL generate_series(0, 14) AS step
WHERE step <= depth + (began < {END} - 20 * 86400)::int
ORDER BY n, step
"""


def main() -> int:
    """Runs the benchmark and prints a table."""
    parser = argparse.ArgumentParser(prog="bench/funnel.py", description=__doc__)
    parser.add_argument("--drafts", type=int, default=1_000_000, help="how many (default a million)")
    parser.add_argument("--only", choices=("sqlite", "postgres"), help="only this database")
    parser.add_argument("--no-build", action="store_true", help="use the release binaries that are there")
    parser.add_argument("--dir", type=Path, default=Path("/var/tmp"), help="where the databases live")
    given = parser.parse_args()
    stop_cleanly_on_signals()
    programs = build(skip=given.no_build)
    print("| database | what | median ms | slowest ms |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="formprogress-bench-", dir=given.dir) as name:
        folder = Path(name)
        # PostgreSQL's own user must get through to its cluster.
        folder.chmod(0o711)
        payload_file = folder / "payloads.jsonl"
        payloads = write_payloads(payload_file)
        if given.only != "postgres":
            measure(SqliteSystem(folder, programs, payload_file, {}), programs, folder, given.drafts)
        if given.only != "sqlite":
            with cluster(folder, programs, payloads, {}) as system:
                measure(system, programs, folder, given.drafts)
    return 0


def measure(system: DatabaseSystem, programs: Programs, folder: Path, drafts: int) -> None:
    """Fills a database, folds its events, and asks for the funnel."""
    with system.database("funnel") as database:
        started = time.monotonic()
        # The last hundredth is not folded: that is what comes in in a busy minute.
        fill(system, database, 1, drafts * 99 // 100, drafts)
        say(f"{system.title}: {count(system, database):,} events written in {time.monotonic() - started:.0f} s")
        started = time.monotonic()
        run([programs.formprogress, "purge"], env={"DATABASE_URL": database.url, "FORMPROGRESS_EVENT_DAYS": "4000"}, cwd=folder)
        say(f"{system.title}: they were folded in {time.monotonic() - started:.0f} s, with rests for the saves of a service")
        settle(system, database)
        settings = {"DATABASE_URL": database.url, "FORMPROGRESS_PURGE_SCHEDULE": NO_PURGE}
        with serving(programs.formprogress, folder / f"funnel-{system.key}.log", settings) as server:
            ask(system, server, "folded, all days", "")
            ask(system, server, "folded, 30 days", "?from=2026-10-01&to=2026-10-30")
            ask(system, server, "folded, one company", "?company_id=1")
            fill(system, database, drafts * 99 // 100 + 1, drafts, drafts)
            ask(system, server, f"{drafts // 100:,} drafts not folded yet", "")


def fill(system: DatabaseSystem, database: Database, first: int, last: int, drafts: int) -> None:
    """Writes the events of these drafts, past the service."""
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    companies = "INSERT INTO companies (name, details, guest_code, guest_code_key, is_active, created_at, updated_at) VALUES " + (
        ", ".join(f"('{n}', '', '{n}', '{n}', TRUE, '2026-11-21T00:00:00.000000Z', '2026-11-21T00:00:00.000000Z')" for n in (1, 2, 3))
    )
    once = [companies, ADD_KEY.format(digest=f"X'{digest}'")] if first == 1 else []
    if isinstance(system, PostgresSystem):
        script = [line.replace(f"X'{digest}'", f"'\\x{digest}'") for line in once]
        script.append(POSTGRES.format(first=first, last=last, drafts=drafts))
        system.sql("funnel", ";\n".join(script))
        return
    with closing(sqlite3.connect(database.url.removeprefix("sqlite:"), timeout=30, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for statement in once:
            connection.execute(statement)
        step = 20_000
        for start in range(first, last + 1, step):
            connection.execute(SQLITE, (start, min(start + step - 1, last), drafts))


def count(system: DatabaseSystem, database: Database) -> int:
    """How many events there are."""
    if isinstance(system, PostgresSystem):
        return int(system.sql("funnel", "SELECT count(*) FROM progress_events"))
    with closing(sqlite3.connect(database.url.removeprefix("sqlite:"))) as connection:
        number: int = connection.execute("SELECT count(*) FROM progress_events").fetchone()[0]
        return number


def settle(system: DatabaseSystem, database: Database) -> None:
    """Does at once what autovacuum and checkpoints would do later, in the middle of a measurement."""
    if isinstance(system, PostgresSystem):
        system.sql("funnel", "VACUUM (ANALYZE);\nCHECKPOINT")
    else:
        database.settle()


def ask(system: DatabaseSystem, server: Server, what: str, query: str) -> None:
    """Asks for the funnel again and again, and prints how long it took."""
    times = []
    for _ in range(30):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        started = time.monotonic()
        connection.request("GET", f"/api/admin/surveys/1/funnel{query}", headers={"Authorization": f"Bearer {KEY}"})
        response = connection.getresponse()
        body = response.read()
        times.append((time.monotonic() - started) * 1000)
        connection.close()
        if response.status != 200 or json.loads(body)["started"] == 0:
            raise BenchError(f"the funnel was answered with {response.status}: {body[:300]!r}")
    times.sort()
    print(f"| {system.title} | {what} | {times[len(times) // 2]:.0f} | {times[-1]:.0f} |", flush=True)


def say(text: str) -> None:
    """Tells whoever waits."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
