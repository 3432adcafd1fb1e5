#!/usr/bin/env python3
"""How long the admin API takes to search drafts, with a million of them stored. See bench/README.md.

    bench/lists.py [--only sqlite|postgres] [--drafts 1000000] [--requests 200] [--binary target/release/formprogress]

It prints a Markdown table: the time of a request as a client sees it, over one connection, one after another. Each search is
written to the audit log before it is answered, so that each figure includes a forced write.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import machine  # noqa: E402 (the path had to be set first)
from harness.payloads import STAMP  # noqa: E402
from harness.postgres import cluster  # noqa: E402
from harness.processes import BenchError, stop_cleanly_on_signals  # noqa: E402
from harness.service import NO_PURGE, REPOSITORY, Programs, Server, prepare, serving  # noqa: E402

KEY = "bench-lists"
DIGEST = hashlib.sha256(KEY.encode()).hexdigest()
SURVEYS, COMPANIES, SCREENS = 5, 100, 12
POWERS = "drafts:read submissions:read"

# Drafts began over 29 days, evenly. A third belongs to no company. Half were saved once more, some hours later.
POSTGRES = f"""
INSERT INTO surveys (id, name, definition, created_at, updated_at)
SELECT number, 'Benchmark', '{{{{}}}}', now(), now() FROM generate_series(2, {SURVEYS}) AS number;
INSERT INTO companies (name, guest_code, guest_code_key, created_at, updated_at)
SELECT 'Company', number, number, now(), now() FROM generate_series(1, {COMPANIES}) AS number;
INSERT INTO api_keys (kind, name, digest, hint, powers, created_at)
VALUES ('server', 'Benchmark', decode('{DIGEST}', 'hex'), 'bench', '{POWERS}', now());
INSERT INTO form_progress
    (draft_id, email, survey_id, company_id, current_screen, furthest_screen, version, digest, created_at, updated_at, expires_at,
     purge_hour, value_count, data)
SELECT (lpad(to_hex((extract(epoch FROM created) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(number % 4096), 3, '0') || '8'
           || lpad(to_hex(number), 15, '0'))::uuid,
       'user' || lpad(number::text, 7, '0') || '@example.com', 1 + number * 7919 % {SURVEYS},
       CASE WHEN number % 3 > 0 THEN 1 + number * 104729 % {COMPANIES} END,
       number % {SCREENS}, number % {SCREENS}, 1, sha256(number::text::bytea), created, updated, updated + interval '30 days',
       floor(extract(epoch FROM created + interval '30 days') / 3600), 1,
       '{{{{"a":"' || repeat(md5(number::text), 30) || '"}}}}'
FROM generate_series(1::bigint, {{drafts}}::bigint) AS number
CROSS JOIN LATERAL (SELECT now() - interval '29 days' * (1 - number / {{drafts}}.0) AS created) AS beginning
CROSS JOIN LATERAL (SELECT least(now(), created + interval '1 hour' * (number % 2 * (number % 40))) AS updated) AS saving;
VACUUM (ANALYZE) form_progress;
CHECKPOINT;
"""
STAMPED = "strftime('%Y-%m-%dT%H:%M:%f', {}, 'unixepoch') || '000Z'"
SQLITE = f"""
BEGIN;
INSERT INTO surveys (id, name, definition, created_at, updated_at)
SELECT value, 'Benchmark', '{{{{}}}}', '{{now}}', '{{now}}' FROM numbers WHERE value BETWEEN 2 AND {SURVEYS};
INSERT INTO companies (name, guest_code, guest_code_key, created_at, updated_at)
SELECT 'Company', value, value, '{{now}}', '{{now}}' FROM numbers WHERE value <= {COMPANIES};
INSERT INTO api_keys (kind, name, digest, hint, powers, created_at)
VALUES ('server', 'Benchmark', x'{DIGEST}', 'bench', '{POWERS}', '{{now}}');
INSERT INTO form_progress
    (draft_id, email, survey_id, company_id, current_screen, furthest_screen, version, digest, created_at, updated_at, expires_at,
     purge_hour, value_count, data)
SELECT substr(id, 1, 8) || '-' || substr(id, 9, 4) || '-7' || substr(id, 13, 3) || '-8' || substr(id, 16, 3) || '-' || substr(id, 19, 12),
       printf('user%07d@example.com', value), 1 + value * 7919 % {SURVEYS},
       CASE WHEN value % 3 > 0 THEN 1 + value * 104729 % {COMPANIES} END,
       value % {SCREENS}, value % {SCREENS}, 1, randomblob(32),
       {STAMPED.format("created")}, {STAMPED.format("updated")}, {STAMPED.format("updated + 2592000")},
       CAST((created + 2592000) / 3600 AS INTEGER), 1, '{{{{"a":"' || hex(randomblob(480)) || '"}}}}'
FROM (SELECT *, min({{epoch}}, created + 3600.0 * (value % 2 * (value % 40))) AS updated,
             printf('%012x%03x%015x', CAST(created * 1000 AS INTEGER), value % 4096, value) AS id
      FROM (SELECT value, {{epoch}} - 2505600.0 * (1 - value * 1.0 / {{drafts}}) AS created FROM numbers));
COMMIT;
"""


def main() -> int:
    """Fills, asks, prints."""
    parser = argparse.ArgumentParser(description="Measures the admin API's searches of drafts.")
    parser.add_argument("--only", choices=("sqlite", "postgres"), help="only this database")
    parser.add_argument("--drafts", type=int, default=1_000_000, help="how many are stored (default 1000000)")
    parser.add_argument("--requests", type=int, default=200, help="of each kind (default 200)")
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    parser.add_argument("--binary", type=Path, default=target / "release" / "formprogress", help="the program under test")
    parser.add_argument("--dir", type=Path, default=Path("/var/tmp"), help="where the databases live: a disk, not memory")
    given = parser.parse_args()
    stop_cleanly_on_signals()
    if not given.binary.exists():
        print(f"bench: {given.binary} is missing: cargo build --release, or give another with --binary", file=sys.stderr)
        return 1
    folder = Path(tempfile.mkdtemp(prefix="formprogress-lists-", dir=given.dir.resolve()))
    folder.chmod(0o711)
    try:
        for key, title, filled in (("sqlite", "SQLite", sqlite), ("postgres", "PostgreSQL", postgres)):
            if given.only in (None, key):
                say(f"{title}: filling {given.drafts:,} drafts")
                with filled(folder, given.binary.resolve(), given.drafts) as url:
                    measure(title, folder, given.binary.resolve(), url, given.requests)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


@contextmanager
def sqlite(folder: Path, binary: Path, drafts: int) -> Iterator[str]:
    """A filled file."""
    path = folder / "lists.sqlite"
    prepare(binary, f"sqlite:{path}", folder)
    now = datetime.now(UTC)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("CREATE TEMP TABLE numbers (value INTEGER PRIMARY KEY)")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO numbers VALUES (?)", ((number,) for number in range(1, drafts + 1)))
        connection.execute("COMMIT")
        stamp = now.isoformat(timespec="microseconds").replace("+00:00", "Z")
        connection.executescript(SQLITE.format(drafts=drafts, epoch=now.timestamp(), now=stamp))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    yield f"sqlite:{path}"


@contextmanager
def postgres(folder: Path, binary: Path, drafts: int) -> Iterator[str]:
    """A filled database in a cluster of its own."""
    payload = f'{{"a":"{STAMP}"}}'
    with cluster(folder, Programs(binary.parent), [payload], {}) as system, system.database("lists") as database:
        system.sql("lists", POSTGRES.format(drafts=drafts))
        yield database.url


def searches(server: Server) -> list[tuple[str, Callable[[int], str]]]:
    """What is asked for, and the query of each request."""

    def before(**span: float) -> str:
        return (datetime.now(UTC) - timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")

    deep = ask(server, f"?limit=50&created_before={before(days=15)}")["next"]
    deep_in_survey = ask(server, f"?limit=50&survey_id=2&created_before={before(days=15)}")["next"]
    references = [item["reference"] for item in ask(server, f"?limit=200&created_before={before(days=9)}")["items"]]
    number = random.Random(7).randrange
    return [
        ("first page", lambda _: "?limit=50"),
        ("first page, the oldest first", lambda _: "?limit=50&sort=created"),
        ("a page in the middle", lambda _: f"?limit=50&after={deep}"),
        ("first page of 200", lambda _: "?limit=200"),
        ("survey", lambda n: f"?survey_id={1 + n % SURVEYS}"),
        ("survey, a page in the middle", lambda _: f"?survey_id=2&after={deep_in_survey}"),
        ("company", lambda n: f"?company_id={1 + n % COMPANIES}"),
        ("company and survey", lambda n: f"?company_id={1 + n % COMPANIES}&survey_id={1 + n % SURVEYS}"),
        ("no company", lambda _: "?company_id=none"),
        ("email", lambda _: f"?email=user{number(1, 900_000):07d}%40example.com"),
        ("reference", lambda n: f"?reference={references[n % len(references)]}"),
        ("screen", lambda n: f"?screen={n % SCREENS}"),
        ("screen and survey", lambda n: f"?screen={n % SCREENS}&survey_id={1 + n % SURVEYS}"),
        ("a screen that nobody is at", lambda _: "?screen=99"),
        ("began within a day", lambda n: f"?created_after={before(days=n % 28 + 1)}&created_before={before(days=n % 28)}"),
        ("idle for 20 days", lambda _: f"?updated_before={before(days=20)}"),
        ("ends soon, as some 1,500 do", lambda _: f"?expires_before={before(days=-1, hours=-1)}"),
        ("ends within ten days", lambda _: f"?expires_before={before(days=-10)}"),
        ("ends within ten days, the oldest first", lambda _: f"?expires_before={before(days=-10)}&sort=created"),
    ]


def measure(title: str, folder: Path, binary: Path, url: str, requests: int) -> None:
    """Asks, one request after another, and prints."""
    env = {"DATABASE_URL": url, "FORMPROGRESS_PURGE_SCHEDULE": NO_PURGE}
    with serving(binary, folder / f"{title}.log", env, ["serve"]) as server:
        forced = machine.forced_write_ms(folder)
        print(f"\n## {title} (a forced write takes {forced:.2f} ms)\n")
        print("| search | p50 ms | p99 ms | items on the page | more |\n|---|---:|---:|---:|---|")
        for name, query in searches(server):
            times: list[float] = []
            page: dict = {}
            with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
                for number in range(requests):
                    started = time.perf_counter()
                    page = get(connection, query(number))
                    times.append((time.perf_counter() - started) * 1000)
            times.sort()
            p50, p99 = times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)]
            more = "yes" if page["next"] else "no"
            print(f"| {name} | {p50:.2f} | {p99:.2f} | {len(page['items'])} | {more} |", flush=True)


def ask(server: Server, query: str) -> dict:
    """One search over a connection of its own."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        return get(connection, query)


def get(connection: http.client.HTTPConnection, query: str) -> dict:
    """One search."""
    connection.request("GET", f"/api/admin/drafts{query}", headers={"Authorization": f"Bearer {KEY}"})
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise BenchError(f"the service answered {query} with {response.status}: {body[:500]!r}")
    return json.loads(body)


def say(text: str) -> None:
    """Progress, beside the results."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
