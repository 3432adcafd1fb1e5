"""PostgreSQL under the benchmark: a cluster of its own, with default settings, that goes when the benchmark ends."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .load import Figures
from .machine import wait_until_idle
from .payloads import STAMP, VALUE_COUNT
from .processes import BenchError, free_port, last_lines, run, running, wait_for
from .service import Programs, prepare

UPSERT = Path(__file__).resolve().parent.parent / "pgbench_upsert.sql"
# The last full hour is left out, so that what expires during the benchmark does not count.
EXPIRED = "purge_hour < floor(extract(epoch FROM now()) / 3600) - 1"
PAYLOAD_TABLE = """
CREATE TABLE bench_payload (id integer PRIMARY KEY, head text NOT NULL, tail text NOT NULL);
"""
FILL = """
INSERT INTO form_progress
    (draft_id, email, survey_id, current_screen, furthest_screen, version, digest, created_at, updated_at, expires_at,
     purge_hour, value_count, data)
SELECT (lpad(to_hex(1700000000000 + number), 12, '0') || '7' || lpad(to_hex(number % 4096), 3, '0') || '{variant}'
           || lpad(to_hex(number), 15, '0'))::uuid,
       '{kind}' || lpad(number::text, 7, '0') || '@example.com', 1, number % 12, number % 12, 1, sha256(number::text::bytea),
       expiry - interval '30 days', expiry - interval '30 days', expiry, floor(extract(epoch FROM expiry) / 3600), {values},
       (SELECT head || (1700000000000 + number) || tail FROM bench_payload WHERE id = number % {payloads} + 1)
FROM generate_series({first}::bigint, {last}::bigint) AS number
CROSS JOIN LATERAL (SELECT {expiry} AS expiry) AS moment
"""
LIVING = "now() + interval '1 day' * (1 + number % 29)"
# Oldest first with some disorder, over ten days, as it comes when participants stop at different times.
GONE = "now() - interval '1 hour' * (4 + 240 * ({last} - number) / {last}::float8 + number * 7919 % 24)"


def find_binaries() -> Path:
    """The folder of PostgreSQL's programs: Debian keeps them off the PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(re.sub(r"\D", "", path.parts[4]) or 0)
    )
    if not versions:
        raise BenchError("initdb is missing: apt-get install postgresql")
    return versions[-1].parent


class PostgresSystem:
    """A running cluster; made by `cluster`."""

    key = "postgres"
    title = "PostgreSQL"

    def __init__(self, binaries: Path, port: int, folder: Path, programs: Programs, payloads: list[str]) -> None:
        # Nothing: the service itself writes nothing to disk here, the shim sits in the cluster.
        self.service_env: dict[str, str] = {}
        self.version = run([binaries / "postgres", "--version"]).strip().removeprefix("postgres (PostgreSQL) ")
        self._binaries = binaries
        self._port = port
        self._folder = folder
        self._programs = programs
        self._payloads = payloads

    @contextmanager
    def database(self, name: str) -> Iterator[PostgresDatabase]:
        """A fresh database with the tables."""
        self.sql("postgres", f'CREATE DATABASE "{name}"')
        try:
            url = f"postgres://bench@127.0.0.1:{self._port}/{name}"
            prepare(self._programs.formprogress, url, self._folder)
            self.sql(
                name, PAYLOAD_TABLE + "".join(insert_payload(*numbered) for numbered in enumerate(self._payloads, 1))
            )
            with running(
                self._psql(name), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            ) as session:
                yield PostgresDatabase(self, name, len(self._payloads), url, session)
        finally:
            self.sql("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            self.sql("postgres", "CHECKPOINT")

    def one_save_per_transaction(self, seconds: float, connections: int) -> Figures:
        """pgbench with the same upsert, over TCP as the service does it."""
        with self.database("plain") as database:
            database.fill(1, 10_000)
            database.settle()
            wait_until_idle()
            self._pgbench("plain", 2, connections)
            output = self._pgbench("plain", seconds, connections)
        rate = re.search(r"^tps = ([\d.]+)", output, re.MULTILINE)
        count = re.search(r"^number of transactions actually processed: (\d+)", output, re.MULTILINE)
        latency = re.search(r"^latency average = ([\d.]+) ms", output, re.MULTILINE)
        failed = re.search(r"^number of failed transactions: (\d+)", output, re.MULTILINE)
        if not rate or not count or not latency:
            raise BenchError(f"pgbench gave no result: {output[-1500:]}")
        failure = f"{failed[1]} failed transactions" if failed and failed[1] != "0" else ""
        return Figures(per_second=float(rate[1]), requests=int(count[1]), seconds=seconds, failure=failure)

    def sql(self, database: str, script: str) -> str:
        """Runs SQL and returns what it prints, unaligned."""
        return run([*self._psql(database), "-f", "-"], text=script, what="psql").strip()

    def answers(self) -> bool:
        """Whether the cluster is up."""
        try:
            return self.sql("postgres", "SELECT 1") == "1"
        except BenchError:
            return False

    def _psql(self, database: str) -> list[str | Path]:
        return [self._binaries / "psql", *self._address(), "-d", database, "-XAtq", "-v", "ON_ERROR_STOP=1"]

    def _pgbench(self, database: str, seconds: float, connections: int) -> str:
        variables = ["-D", "emails=10000", "-D", f"payloads={len(self._payloads)}", "-D", "loaded=0"]
        options: list[str | Path] = [
            "-n",
            "-M",
            "prepared",
            "-c",
            str(connections),
            "-j",
            str(min(2, connections)),
            "-T",
            f"{seconds:.0f}",
            "-f",
            UPSERT,
        ]
        return run([self._binaries / "pgbench", *self._address(), *variables, *options, database])

    def _address(self) -> list[str]:
        return ["-h", "127.0.0.1", "-p", str(self._port), "-U", "bench"]


class PostgresDatabase:
    """One database of the cluster."""

    def __init__(
        self, system: PostgresSystem, name: str, payloads: int, url: str, session: subprocess.Popen[str]
    ) -> None:
        self.url = url
        self._system = system
        self._name = name
        self._payloads = payloads
        # A psql that stays: a new one for each question would cost the machine more than the question.
        self._session = session

    def fill(self, first: int, last: int, *, expired: bool = False) -> None:
        """Writes drafts, past the service."""
        expiry = GONE.format(last=last) if expired else LIVING
        # A version 7 UUID as the service makes it: time first. The variant keeps the expired apart from the living.
        kind, variant = ("gone", 9) if expired else ("user", 8)
        self._system.sql(
            self._name,
            FILL.format(kind=kind, variant=variant, first=first, last=last, expiry=expiry, payloads=self._payloads, values=VALUE_COUNT),
        )

    def settle(self) -> None:
        """Does at once what autovacuum and the checkpointer would do later, in the middle of a measurement."""
        self._system.sql(self._name, "VACUUM (ANALYZE) form_progress;\nCHECKPOINT")

    def count_drafts(self) -> int:
        """How many drafts are stored."""
        return self._number("SELECT count(*) FROM form_progress")

    def count_saves(self) -> int:
        """The sum of all versions."""
        return self._number("SELECT coalesce(sum(version), 0) FROM form_progress")

    def count_expired(self) -> int:
        """How many drafts wait to be purged."""
        return self._number(f"SELECT count(*) FROM form_progress WHERE {EXPIRED}")

    def has_expired(self) -> bool:
        """Whether any draft waits to be purged. Looks from the newest: the dead entries of purged rows lie at the other end."""
        newest = f"SELECT 1 FROM form_progress WHERE {EXPIRED} ORDER BY purge_hour DESC LIMIT 1"
        return self._number(f"SELECT count(*) FROM ({newest}) AS newest") == 1

    def _number(self, query: str) -> int:
        assert self._session.stdin and self._session.stdout
        try:
            self._session.stdin.write(query + ";\n")
            self._session.stdin.flush()
            answer = self._session.stdout.readline()
            return int(answer)
        except (OSError, ValueError) as error:
            raise BenchError(f"PostgreSQL did not answer {query!r}: {error}") from error


def insert_payload(number: int, payload: str) -> str:
    """SQL that stores a payload, cut where the stamp goes."""
    head, tail = payload.split(STAMP)
    return f"INSERT INTO bench_payload VALUES ({number}, $bench${head}$bench$, $bench${tail}$bench$);\n"


@contextmanager
def cluster(folder: Path, programs: Programs, payloads: list[str], shim: dict[str, str]) -> Iterator[PostgresSystem]:
    """Makes a cluster, runs it while the block runs, deletes it. PostgreSQL refuses to run as root: root hands it to `postgres`."""
    binaries = find_binaries()
    user = "postgres" if os.geteuid() == 0 else None
    home = folder / ("postgres-slow" if shim else "postgres")
    home.mkdir()
    if user:
        shutil.chown(home, user, user)
    data, log, port = home / "data", folder / f"{home.name}.log", free_port()
    try:
        options = ["-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        run([binaries / "initdb", "-D", data, *options], cwd=home, user=user)
        command: list[str | Path] = [binaries / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", home]
        with (
            log.open("w") as output,
            running(
                command, env=shim, cwd=home, user=user, stdout=output, stderr=output, stop_signal=signal.SIGINT
            ) as postmaster,
        ):
            system = PostgresSystem(binaries, port, folder, programs, payloads)
            if (
                not wait_for(lambda: postmaster.poll() is not None or system.answers(), 60, 0.2)
                or postmaster.poll() is not None
            ):
                raise BenchError(f"PostgreSQL did not start:\n{last_lines(log)}")
            yield system
    finally:
        shutil.rmtree(home, ignore_errors=True)
