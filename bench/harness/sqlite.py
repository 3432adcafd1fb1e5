"""SQLite under the benchmark: files in the working folder."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .load import Figures
from .payloads import STAMP, VALUE_COUNT, email_of
from .processes import BenchError, run
from .service import Programs, prepare

INSERT = """
INSERT INTO form_progress
    (draft_id, email, survey_id, current_screen, furthest_screen, version, digest, created_at, updated_at, expires_at, data,
     purge_hour, value_count)
VALUES (?1, ?2, 1, ?3, ?4, 1, ?5, ?6, ?7, ?8, ?9, unixepoch(?8) / 3600, ?10)
"""
# The last full hour is left out, so that what expires during the benchmark does not count.
EXPIRED = "purge_hour < unixepoch('now') / 3600 - 1"


class SqliteSystem:
    """SQLite; with `shim`, on a volume with slow forced writes."""

    key = "sqlite"
    title = "SQLite"

    def __init__(self, folder: Path, programs: Programs, payload_file: Path, shim: dict[str, str]) -> None:
        self.service_env = shim
        self.version = ""
        self._folder = folder
        self._programs = programs
        self._payload_file = payload_file

    @contextmanager
    def database(self, name: str) -> Iterator[SqliteDatabase]:
        """A fresh file with the tables."""
        path = self._folder / f"{name}.sqlite"
        try:
            database = SqliteDatabase(path, self._payload_file.read_text(encoding="utf-8").splitlines())
            prepare(self._programs.formprogress, database.url, self._folder)
            yield database
        finally:
            remove(path)

    def one_save_per_transaction(self, seconds: float, connections: int) -> Figures:
        """The plain sqlite3 loop. It has one connection: SQLite lets one write at a time."""
        path = self._folder / "plain.sqlite"
        try:
            output = run(
                [self._programs.plain_sqlite, path, self._payload_file, f"{seconds:.0f}"], env=self.service_env
            )
        finally:
            remove(path)
        report = json.loads(output)
        self.version = report["sqlite"]
        return Figures(per_second=report["saves_per_second"], requests=report["saves"], seconds=report["seconds"])


class SqliteDatabase:
    """One file."""

    def __init__(self, path: Path, payloads: list[str]) -> None:
        self._path = path
        self._payloads = payloads

    @property
    def url(self) -> str:
        """DATABASE_URL for the service."""
        return f"sqlite:{self._path}"

    def fill(self, first: int, last: int, *, expired: bool = False) -> None:
        """Writes drafts, past the service."""
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            batch = 20_000
            for start in range(first, last + 1, batch):
                numbers = range(start, min(start + batch, last + 1))
                with connection:
                    connection.execute("BEGIN")
                    connection.executemany(INSERT, (self._row(number, last, expired) for number in numbers))

    def settle(self) -> None:
        """Empties the write-ahead log. No ANALYZE: the service's databases have no statistics either."""
        with closing(self._connect()) as connection:
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise BenchError(
                    "the write-ahead log of SQLite could not be emptied: something still uses the database"
                )

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
        """Whether any draft waits to be purged."""
        return self._number(f"SELECT EXISTS (SELECT 1 FROM form_progress WHERE {EXPIRED})") == 1

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=30, isolation_level=None)

    def _number(self, query: str) -> int:
        with closing(self._connect()) as connection:
            number: int = connection.execute(query).fetchone()[0]
            return number

    def _row(self, number: int, last: int, expired: bool) -> tuple[object, ...]:
        now = datetime.now(UTC)
        if expired:
            # Oldest first with some disorder, over ten days, as it comes when participants stop at different times.
            expiry = now - timedelta(hours=4 + 240 * (last - number) / last + number * 7919 % 24)
        else:
            expiry = now + timedelta(days=1 + number % 29)
        saved = moment(expiry - timedelta(days=30))
        # A version 7 as the service makes it: time first. The variant keeps the expired apart from the living.
        identifier = uuid.UUID(
            f"{1_700_000_000_000 + number:012x}7{number % 4096:03x}{'9' if expired else '8'}{number:015x}"
        )
        screen = number % 12
        data = self._payloads[number % len(self._payloads)].replace(STAMP, f"{1_700_000_000_000 + number}")
        digest = hashlib.sha256(str(number).encode()).digest()
        email = email_of(number, "gone" if expired else "user")
        return (str(identifier), email, screen, screen, digest, saved, saved, moment(expiry), data, VALUE_COUNT)


def moment(value: datetime) -> str:
    """A time as the service stores it."""
    return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def remove(path: Path) -> None:
    """Deletes a database with its companions."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
