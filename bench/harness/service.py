"""The programs under test: building them, starting servers, asking them for single things."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .payloads import STAMP, email_of
from .processes import BenchError, free_port, last_lines, run, running, wait_for

REPOSITORY = Path(__file__).resolve().parent.parent.parent
# New Year: in most sections the service must have nothing to purge in the middle of a measurement.
NO_PURGE = "0 0 0 1 1 *"
SURVEY = {"id": 1, "name": "Benchmark", "progress_days": 30, "definition": {"pages": []}}


@dataclass(frozen=True)
class Programs:
    """The release binaries."""

    folder: Path

    @property
    def formprogress(self) -> Path:
        """The service itself."""
        return self.folder / "formprogress"

    @property
    def ceiling(self) -> Path:
        """The server without storage."""
        return self.folder / "bench-ceiling"

    @property
    def plain_sqlite(self) -> Path:
        """The plain sqlite3 loop."""
        return self.folder / "bench-plain-sqlite"


def build(*, skip: bool) -> Programs:
    """Builds the release binaries, or takes those that are there."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", "target"))
    programs = Programs((REPOSITORY / target / "release").resolve())
    if not skip:
        command = ["cargo", "build", "--release", "--features", "bench"]
        with running(command, env=dict(os.environ), cwd=REPOSITORY, stdout=sys.stderr) as cargo:
            if cargo.wait() != 0:
                raise BenchError("cargo build failed, see above")
    for program in (programs.formprogress, programs.ceiling, programs.plain_sqlite):
        if not program.exists():
            raise BenchError(f"{program} is missing: run without --no-build")
    return programs


@dataclass(frozen=True)
class Server:
    """A server that answers on 127.0.0.1."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def need_alive(self) -> None:
        """Stops the benchmark if the server has died."""
        if self.process.poll() is not None:
            raise BenchError(f"{self.log.stem} ended in the middle of a measurement:\n{last_lines(self.log)}")

    def healthy(self) -> bool:
        """Whether it answers."""
        try:
            return self.request("GET", "/healthz")[0] == 200
        except OSError:
            return False

    def request(self, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
        """One request over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            return exchange(connection, method, path, body)
        finally:
            connection.close()

    def need_right_answers(self, payload: str) -> None:
        """Stops the benchmark if a save or a resume is not answered as the contract says.

        wrk would not see it: it looks at no body, and takes a redirect for success.
        """
        status, answer = self.request("POST", "/api/progress/", save_body(1, payload))
        if status not in (200, 201):
            raise BenchError(f"{self.log.stem} answered a save with {status}: {answer[:500]!r}")
        status, answer = self.request("GET", "/api/progress/?email=user0000001%40example.com&survey_id=1")
        if status != 200 or "data" not in json.loads(answer) or len(answer) < len(payload):
            raise BenchError(f"{self.log.stem} answered a resume with {status}: {answer[:500]!r}")


def exchange(
    connection: http.client.HTTPConnection, method: str, path: str, body: str | None = None
) -> tuple[int, bytes]:
    """Sends a request and reads the whole answer."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    connection.request(method, path, body.encode() if body is not None else None, headers)
    response = connection.getresponse()
    return response.status, response.read()


def save_body(number: int, payload: str) -> str:
    """The body of a save, like those of wrk/drafts.lua."""
    return f'{{"email":"{email_of(number)}","survey_id":1,"current_screen":{number % 12},"data":{payload}}}'


@contextmanager
def serving(
    program: Path, log: Path, env: dict[str, str] | None = None, arguments: Sequence[str] = ()
) -> Iterator[Server]:
    """Runs a server and waits until it answers. It works in an empty folder: no Rocket.toml changes its defaults."""
    port = free_port()
    folder = log.parent / f"{log.stem}.cwd"
    folder.mkdir(exist_ok=True)
    settings = {"ROCKET_ADDRESS": "127.0.0.1", "ROCKET_PORT": str(port)} | (env or {})
    with (
        log.open("w") as output,
        running([program, *arguments], env=settings, cwd=folder, stdout=output, stderr=output) as process,
    ):
        server = Server(process, port, log)
        if not wait_for(lambda: process.poll() is not None or server.healthy(), 60) or process.poll() is not None:
            raise BenchError(f"{program.name} did not start:\n{last_lines(log)}")
        yield server


def prepare(program: Path, database_url: str, folder: Path) -> None:
    """Makes the tables and the survey of the benchmark."""
    survey = folder / "survey.json"
    survey.write_text(json.dumps(SURVEY))
    env = {"DATABASE_URL": database_url}
    run([program, "migrate"], env=env, cwd=folder, what="formprogress migrate")
    run([program, "survey", "import", survey], env=env, cwd=folder, what="formprogress survey import")


def first_save(number: int, payload: str) -> tuple[str, str, str]:
    """The first save of a draft by email."""
    return "POST", "/api/progress/", save_body(number, payload)


def first_put(number: int, payload: str) -> tuple[str, str, str]:
    """The first save of a draft by id, as wrk/drafts.lua names it."""
    body = f'{{"email":"{email_of(number, "by-id")}","survey_id":1,"data":{payload}}}'
    return "PUT", f"/api/drafts/00000000-0000-7000-8000-{number:012}", body


def seed(
    server: Server, payloads: list[str], count: int, first: Callable[[int, str], tuple[str, str, str]] = first_save
) -> None:
    """Saves the first `count` drafts once each, over HTTP."""
    workers = 16
    problems: list[str] = []

    def save_every(start: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        try:
            for number in range(start, count + 1, workers):
                payload = payloads[number % len(payloads)].replace(STAMP, f"{1_700_000_000_000 + number}")
                status, answer = exchange(connection, *first(number, payload))
                if status not in (200, 201):
                    problems.append(f"{status}: {answer[:300]!r}")
                    return
        except (OSError, http.client.HTTPException) as error:
            problems.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=save_every, args=(start,), daemon=True) for start in range(1, workers + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise BenchError(f"filling the drafts failed, the service answered {problems[0]}")
