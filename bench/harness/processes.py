"""Programs that the benchmark starts: each is stopped again, also after Ctrl-C or a failure."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# What a user's shell may hold and what would change the programs under test.
FOREIGN_SETTINGS = ("ROCKET_", "FORMPROGRESS_", "PG", "DATABASE_URL", "RUST_LOG", "LD_PRELOAD", "SLOW_FSYNC_US")


class BenchError(Exception):
    """What stops the benchmark, as one sentence for the person who ran it."""


def stop_cleanly_on_signals() -> None:
    """Turns the first signal into KeyboardInterrupt, and ignores later ones: they must not break the cleaning up."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for each in STOP_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in STOP_SIGNALS:
        signal.signal(each, interrupt)


def clean_environment() -> dict[str, str]:
    """The environment, without what would change the programs under test."""
    return {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_SETTINGS)}


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    stdin: int | IO[str] = subprocess.DEVNULL,
    stdout: int | IO[str] | None = None,
    stderr: int | IO[str] | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[str]]:
    """Runs a program until the block ends, then stops it: politely first, with force after 20 seconds.

    The program gets a session of its own, so that a Ctrl-C in the terminal reaches the benchmark only.
    """
    process = subprocess.Popen(
        [str(part) for part in command],
        env=clean_environment() | (env or {}),
        cwd=cwd,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        stop(process, stop_signal)


def stop(process: subprocess.Popen[str], stop_signal: signal.Signals) -> None:
    """Ends a program of `running`, and what it started itself."""
    if process.poll() is None:
        process.send_signal(stop_signal)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            pipe.close()


def run(
    command: Sequence[str | Path],
    *,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    text: str | None = None,
    what: str | None = None,
) -> str:
    """Runs a program to its end and returns what it printed; its failure is a BenchError that quotes it."""
    with running(
        command,
        env=env,
        cwd=cwd,
        user=user,
        stdin=subprocess.DEVNULL if text is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        output, errors = process.communicate(text)
        if process.returncode != 0:
            quoted = (errors.strip() or output.strip())[-2000:]
            raise BenchError(f"{what or Path(command[0]).name} failed (exit code {process.returncode}): {quoted}")
        return output


def wait_for(condition: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Waits until the condition holds; False if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a log, for an error message."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(lines[-count:]) or "(its log is empty)"
