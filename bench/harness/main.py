"""The command line of the benchmark, and the order in which things are measured."""

from __future__ import annotations

import argparse
import fcntl
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from . import machine, report, sections
from .databases import DatabaseSystem
from .payloads import write_payloads
from .postgres import cluster, find_binaries
from .processes import BenchError, run, stop_cleanly_on_signals
from .purge import purge
from .sections import Bench, Scale
from .service import REPOSITORY, Programs, build
from .sqlite import SqliteSystem

OUTPUT = REPOSITORY / "bench" / "out"
SHIM_SOURCE = REPOSITORY / "bench" / "slow_fsync.c"
ON_THE_DISK: dict[str, Callable[[Bench, DatabaseSystem], None]] = {
    "ceiling": sections.ceiling,
    "service": sections.service,
    "storage": sections.storage,
    "many": sections.many,
    "purge": purge,
}
SECTIONS = (*ON_THE_DISK, "slow")


@dataclass(frozen=True)
class Options:
    """What the person wants."""

    databases: tuple[str, ...]
    sections: tuple[str, ...]
    scale: Scale
    quick: bool
    build: bool
    directory: Path


def main() -> int:
    """Runs the benchmark; 0 when it went through, 1 when it failed, 130 when it was interrupted."""
    options = read_options(sys.argv[1:])
    stop_cleanly_on_signals()
    results = report.Results()
    interrupted = False
    try:
        measure_all(options, results)
        results.complete = True
    except BenchError as error:
        results.fail(str(error))
    except KeyboardInterrupt:
        interrupted = True
        print("bench: interrupted; everything that was started has been stopped and removed", file=sys.stderr)
    finally:
        publish(results)
    return 130 if interrupted else int(bool(results.failures))


def publish(results: report.Results) -> None:
    """Prints what there is, also of a run that was broken off; only a run that went through replaces the files."""
    if not results.rows():
        return
    print(report.markdown(results))
    if results.complete:
        report.write(results, OUTPUT)
        print(f"bench: written to {OUTPUT}/results.md and results.json", file=sys.stderr)
    for target in report.missed(results):
        print(f"bench: missed: {target}", file=sys.stderr)


def read_options(arguments: list[str]) -> Options:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog="bench/run", description="Measures formprogress on this machine. See bench/README.md."
    )
    parser.add_argument("--quick", action="store_true", help="short and small, to try it: its figures prove nothing")
    parser.add_argument("--only", choices=report.DATABASES, help="only this database")
    parser.add_argument("--seconds", type=float, help="length of each measurement (default 8, with --quick 2)")
    parser.add_argument(
        "--sections", nargs="+", choices=SECTIONS, metavar="SECTION", help=f"only these: {', '.join(SECTIONS)}"
    )
    parser.add_argument("--no-build", action="store_true", help="use the release binaries that are there")
    parser.add_argument(
        "--dir",
        type=Path,
        default=Path("/var/tmp"),
        help="where the databases live: a disk, not memory (default /var/tmp)",
    )
    given = parser.parse_args(arguments)
    if given.seconds is not None and given.seconds < 1:
        parser.error("--seconds must be 1 or more")
    if given.quick:
        scale = Scale(given.seconds or 2, warm_up=1, many_drafts=100_000, expired_drafts=50_000)
    else:
        scale = Scale(given.seconds or 8, warm_up=2, many_drafts=1_000_000, expired_drafts=500_000)
    return Options(
        databases=(given.only,) if given.only else tuple(report.DATABASES),
        sections=tuple(given.sections or SECTIONS),
        scale=scale,
        quick=given.quick,
        build=not given.no_build,
        directory=given.dir,
    )


def measure_all(options: Options, results: report.Results) -> None:
    """Everything that was asked for, one database after the other."""
    need_tools(options)
    programs = build(skip=not options.build)
    with only_run(), working_folder(options.directory) as folder:
        payload_file = folder / "payloads.jsonl"
        bench = Bench(folder, programs, payload_file, write_payloads(payload_file), options.scale, results)
        shim = compile_shim(folder) if "slow" in options.sections else {}
        describe(options, results, folder, programs, shim)
        wanted = [section for section in ON_THE_DISK if section in options.sections]
        for database in options.databases:
            if wanted:
                with system_of(database, bench, {}) as system:
                    for section in wanted:
                        attempt(section, ON_THE_DISK[section], bench, system)
                    name_version(results, system)
            if shim:
                with system_of(database, bench, shim) as system:
                    attempt("slow", sections.slow, bench, system)
                    name_version(results, system)


def attempt(name: str, section: Callable[[Bench, DatabaseSystem], None], bench: Bench, system: DatabaseSystem) -> None:
    """One section; if it cannot be measured the others still are."""
    try:
        section(bench, system)
    except BenchError as error:
        bench.results.fail(f"{system.title}, section {name}: {error}")


def name_version(results: report.Results, system: DatabaseSystem) -> None:
    """Writes down the version of the database; SQLite's is built into the programs, and known once one has told it."""
    if system.version:
        results.about[system.title] = system.version


@contextmanager
def system_of(database: str, bench: Bench, shim: dict[str, str]) -> Iterator[DatabaseSystem]:
    """The database system, running."""
    if database == "sqlite":
        yield SqliteSystem(bench.folder, bench.programs, bench.payload_file, shim)
    else:
        with cluster(bench.folder, bench.programs, bench.payloads, shim) as system:
            yield system


@contextmanager
def only_run() -> Iterator[None]:
    """Keeps a second run away: each would measure the other."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    with (OUTPUT / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BenchError("another bench/run is at work on this machine: wait for it") from None
        yield


@contextmanager
def working_folder(directory: Path) -> Iterator[Path]:
    """A folder for everything that the benchmark writes, deleted at the end."""
    if not directory.is_dir():
        raise BenchError(f"{directory} is not a folder: give another with --dir")
    if (kind := machine.filesystem_of(directory)) in machine.MEMORY_FILESYSTEMS:
        raise BenchError(
            f"{directory} is a {kind}, where forced writes cost nothing: give a folder on a disk with --dir"
        )
    folder = Path(tempfile.mkdtemp(prefix="formprogress-bench-", dir=directory.resolve()))
    # PostgreSQL's own user must get through to its cluster.
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def need_tools(options: Options) -> None:
    """Looks for what is needed before anything starts."""
    machine.need_program("wrk", "wrk")
    if "slow" in options.sections:
        machine.need_program("cc", "gcc")
    if options.build:
        machine.need_program("cargo", "cargo, or https://rustup.rs")
    if "postgres" in options.databases:
        binaries = find_binaries()
        for name in ("postgres", "psql", "pgbench"):
            if not (binaries / name).exists():
                raise BenchError(f"{binaries / name} is missing: apt-get install postgresql postgresql-contrib")


def compile_shim(folder: Path) -> dict[str, str]:
    """Compiles the slow volume; returns the settings under which a program runs on it."""
    library = folder / "slow_fsync.so"
    run(["cc", "-O2", "-Wall", "-shared", "-fPIC", "-o", library, SHIM_SOURCE])
    library.chmod(0o755)
    return {"LD_PRELOAD": str(library), "SLOW_FSYNC_US": "3000"}


def describe(options: Options, results: report.Results, folder: Path, programs: Programs, shim: dict[str, str]) -> None:
    """Writes down what is measured, and on what."""
    kernel, processors = output_of("uname", "-sr"), output_of("nproc")
    changed = " with uncommitted changes" if output_of("git", "-C", str(REPOSITORY), "status", "--porcelain") else ""
    results.about |= {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": (output_of("git", "-C", str(REPOSITORY), "rev-parse", "--short", "HEAD") or "none") + changed,
        "service": output_of(str(programs.formprogress), "--version") + ", " + output_of("rustc", "--version"),
        "machine": f"{machine.processor_model()}, {processors} cores, {machine.memory_gib():.0f} GiB, {kernel}",
        "disk": f"{machine.filesystem_of(folder)}, a forced write of 16 KB takes {machine.forced_write_ms(folder):.2f} ms",
        "load": f"wrk -t2, 64 connections unless said otherwise, {options.scale.seconds:g} s after {options.scale.warm_up:g} s of warm-up,"
        " 4 KB drafts of 10,000 emails, the mix is 80 % saves and 20 % resumes; wrk runs on the same machine",
        "wrk": output_of("wrk", "-v").partition("\n")[0].partition(" [")[0],
    }
    if shim:
        slow_ms = machine.forced_write_ms(folder, shim)
        results.about["slow volume"] = f"the same disk, a forced write takes {slow_ms:.2f} ms"
        if not 2.9 < slow_ms < 6:
            raise BenchError(f"the slow volume does not work: a forced write takes {slow_ms:.2f} ms there, not 3")
    if options.quick:
        results.note("This was --quick: too short and too small to prove anything.")


def output_of(*command: str) -> str:
    """What a program prints, for the description; empty when it cannot be had."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""
