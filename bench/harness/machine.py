"""The machine below the benchmark: what it is, whether it is idle, how long its forced writes take."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

from .processes import BenchError, run, wait_for

# Filesystems in memory: a forced write costs nothing there, and the figures would say nothing.
MEMORY_FILESYSTEMS = {"tmpfs", "ramfs"}

FORCED_WRITES = """
import os, sys, time
file = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
start = time.perf_counter()
for _ in range(100):
    os.write(file, b"x" * 16384)
    os.fdatasync(file)
print((time.perf_counter() - start) / 100)
"""


def need_program(name: str, package: str) -> None:
    """Stops the benchmark if a program is missing, and says how to get it."""
    if not shutil.which(name):
        raise BenchError(f"{name} is missing: apt-get install {package}")


def processor_model() -> str:
    """The name of the processor, as the kernel gives it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"


def memory_gib() -> float:
    """The memory of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def filesystem_of(path: Path) -> str:
    """The type of the filesystem that holds the path."""
    best, kind = Path("/"), "unknown"
    for line in Path("/proc/self/mounts").read_text().splitlines():
        fields = line.split()
        mount = Path(fields[1].replace("\\040", " "))
        if path.resolve().is_relative_to(mount) and len(mount.parts) >= len(best.parts):
            best, kind = mount, fields[2]
    return kind


def forced_write_ms(directory: Path, env: dict[str, str] | None = None) -> float:
    """How long a forced write of 16 KB takes, on average."""
    target = directory / "forced-writes"
    try:
        return float(run([sys.executable, "-c", FORCED_WRITES, target], env=env)) * 1000
    finally:
        target.unlink(missing_ok=True)


def processor_times() -> tuple[int, int]:
    """The ticks since the start of the machine in which its processors were busy, and all."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle, waiting = ticks[3], ticks[4]
    return sum(ticks) - idle - waiting, sum(ticks)


def busy_share(seconds: float = 0.5) -> float:
    """The share of the processors that is in use, 0 to 1."""
    busy_before, all_before = processor_times()
    time.sleep(seconds)
    busy, all_ticks = processor_times()
    return (busy - busy_before) / max(1, all_ticks - all_before)


class OthersWatch:
    """Watches how much of the processors others use while the block runs: it spoils the figures."""

    def __init__(self) -> None:
        self.share = 0.0

    def __enter__(self) -> OthersWatch:
        self._ticks, self._all = ticks_of_others(), processor_times()[1]
        return self

    def __exit__(self, *_: object) -> None:
        # Never below 0: a program that ended takes its ticks along when nobody waited for it.
        self.share = max(0, ticks_of_others() - self._ticks) / max(1, processor_times()[1] - self._all)


def ticks_of_others() -> int:
    """The ticks used so far by all programs except those of this benchmark and the kernel's own threads."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        # proc(5): the parent is field 4; utime, stime and those of the children waited for are fields 14 to 17.
        parents[int(folder.name)] = int(fields[1])
        ticks[int(folder.name)] = sum(int(field) for field in fields[11:15])
    kernel_threads = 2

    def is_ours(pid: int) -> bool:
        while pid > 1:
            if pid in (os.getpid(), kernel_threads):
                return True
            pid = parents.get(pid, 0)
        return False

    return sum(used for pid, used in ticks.items() if not is_ours(pid))


def writeback_kib() -> int:
    """How much the kernel is writing to disk right now."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("Writeback:"):
            return int(line.split()[1])
    return 0


def wait_until_idle(seconds: float = 120) -> bool:
    """Waits until what came before is on disk and the processors rest; False if they do not in time."""
    os.sync()
    return wait_for(lambda: busy_share() < 0.06 and writeback_kib() < 1024, seconds)


def need_free_space(directory: Path, gib: float) -> None:
    """Stops the benchmark before it fills the disk."""
    free = shutil.disk_usage(directory).free / 2**30
    if free < gib:
        raise BenchError(
            f"{directory} has {free:.0f} GiB free and this needs {gib:.0f}: use --dir for another disk, or --quick"
        )
