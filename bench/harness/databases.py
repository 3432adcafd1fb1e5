"""What the two databases have in common for the benchmark."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from .load import Figures


class Database(Protocol):
    """One database with the service's tables and the survey in it."""

    @property
    def url(self) -> str:
        """DATABASE_URL for the service."""

    def fill(self, first: int, last: int, *, expired: bool = False) -> None:
        """Writes the drafts of these numbers, past the service: living ones, or such as wait to be purged."""

    def settle(self) -> None:
        """Brings everything to disk, so that no later measurement pays for it."""

    def count_drafts(self) -> int:
        """How many drafts are stored."""

    def count_saves(self) -> int:
        """How many saves have changed something: the sum of all versions."""

    def count_expired(self) -> int:
        """How many drafts wait to be purged."""

    def has_expired(self) -> bool:
        """Whether any draft waits to be purged; cheap enough to be asked in the middle of a measurement."""


class DatabaseSystem(Protocol):
    """SQLite or PostgreSQL, on the disk as it is or on a slow volume."""

    key: str
    title: str
    version: str
    # The forced writes of the service's own process go through this too: LD_PRELOAD for SQLite on the slow volume.
    service_env: dict[str, str]

    def database(self, name: str) -> AbstractContextManager[Database]:
        """A fresh database for as long as the block runs."""

    def one_save_per_transaction(self, seconds: float, connections: int) -> Figures:
        """The same upsert without the service and without HTTP, each in a transaction of its own."""
