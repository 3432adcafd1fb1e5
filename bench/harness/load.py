"""Load on a running server: wrk, its answer as figures, and the memory of the server meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .processes import BenchError, running

SCRIPTS = Path(__file__).resolve().parent.parent / "wrk"


@dataclass(frozen=True)
class Load:
    """What to send: a script of bench/wrk, over so many connections, spread over so many drafts."""

    script: str
    connections: int = 64
    emails: int = 10_000


@dataclass(frozen=True)
class Figures:
    """What one measurement gave."""

    per_second: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None
    requests: int | None = None
    seconds: float | None = None
    # Empty, or what makes this a failed benchmark.
    failure: str = ""


class RunningLoad:
    """A wrk at work."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def stop_early(self) -> None:
        """Ends the load now; wrk reports what it has measured so far."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    @property
    def is_over(self) -> bool:
        """Whether wrk is through."""
        return self._process.poll() is not None

    def figures(self) -> Figures:
        """Waits for the end and reads wrk's report."""
        output, _ = self._process.communicate()
        reports = [line[6:] for line in output.splitlines() if line.startswith("BENCH ")]
        if not reports:
            raise BenchError(f"wrk gave no result: {output.strip()[-1500:]}")
        return read_report(json.loads(reports[-1]))


def read_report(report: dict[str, Any]) -> Figures:
    """Figures out of the line that wrk/drafts.lua prints."""
    seconds = report["duration"] / 1e6
    names = {"status": "non-2xx answers", "timeout": "timeouts"}
    failure = ", ".join(
        f"{count} {names.get(kind, f'{kind} errors')}" for kind, count in report["errors"].items() if count
    )
    return Figures(
        per_second=report["requests"] / seconds,
        p50_ms=report["p50"] / 1000,
        p99_ms=report["p99"] / 1000,
        max_ms=report["max"] / 1000,
        requests=report["requests"],
        seconds=seconds,
        failure=failure or ("" if report["requests"] else "no request was answered"),
    )


@contextmanager
def loading(url: str, load: Load, seconds: float, payloads: Path) -> Iterator[RunningLoad]:
    """Puts load on the server at `url`."""
    threads = min(2, load.connections)
    command = [
        "wrk",
        f"-t{threads}",
        f"-c{load.connections}",
        f"-d{max(1, round(seconds))}s",
        "--timeout",
        "10s",
        "-s",
        load.script,
        url,
    ]
    env = {"BENCH_PAYLOADS": str(payloads), "BENCH_EMAILS": str(load.emails)}
    with running(
        command, env=env, cwd=SCRIPTS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stop_signal=signal.SIGKILL
    ) as process:
        yield RunningLoad(process)


class MemoryWatch:
    """Watches the resident memory of a process while the block runs."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.sampled_mib = 0.0
        # The kernel's own peak (VmHWM), which misses nothing between two samples.
        self.peak_mib = 0.0

    def __enter__(self) -> MemoryWatch:
        forget_peak(self._pid)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self._sample()

    def _sample(self) -> None:
        try:
            status = Path(f"/proc/{self._pid}/status").read_text()
        except OSError:
            return
        sizes = {
            line.split()[0]: int(line.split()[1]) / 1024
            for line in status.splitlines()
            if line.startswith(("VmRSS:", "VmHWM:"))
        }
        self.sampled_mib = max(self.sampled_mib, sizes.get("VmRSS:", 0.0))
        self.peak_mib = max(self.peak_mib, sizes.get("VmHWM:", 0.0))


def forget_peak(pid: int) -> None:
    """Sets VmHWM back, so that it tells of the load and not of the start. Without the right to do so it tells of both."""
    try:
        handle = os.open(f"/proc/{pid}/clear_refs", os.O_WRONLY)
    except OSError:
        return
    try:
        os.write(handle, b"5")
    except OSError:
        pass
    finally:
        os.close(handle)
