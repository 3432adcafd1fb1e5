#!/usr/bin/env python3
"""How soon the admin pages are there in a browser, with a million drafts stored. See bench/README.md.

    bench/pages.py [--only sqlite|postgres] [--drafts 1000000] [--loads 20] [--binary target/release/formprogress]

It fills a database as bench/lists.py does, adds the event with which each draft began, has these folded, signs an owner in, and opens
each page in a headless Chromium. The table shows when the first byte of the answer was there, and when the page was first painted,
both counted from the click as the browser counts them.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import lists  # noqa: E402 (the path had to be set first)
from harness.processes import BenchError, run, stop_cleanly_on_signals  # noqa: E402
from harness.service import NO_PURGE, REPOSITORY, Server, serving  # noqa: E402

EMAIL, PASSWORD = "owner@example.com", "correct horse battery"

# The demo's clock ticks each minute; so many events are folded in some seconds once it does.
PATIENCE = 600

BEGUN = """
INSERT INTO progress_events (at, kind, survey_id, company_id, draft_id, started_at, screen)
SELECT created_at, 'started', survey_id, company_id, draft_id, created_at, furthest_screen FROM form_progress ORDER BY draft_id
"""


def main() -> int:
    """Fills, opens, prints."""
    parser = argparse.ArgumentParser(description="Measures the admin pages in a browser.")
    parser.add_argument("--only", choices=("sqlite", "postgres"), help="only this database")
    parser.add_argument("--drafts", type=int, default=1_000_000, help="how many are stored (default 1000000)")
    parser.add_argument("--loads", type=int, default=20, help="of each page (default 20)")
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    parser.add_argument("--binary", type=Path, default=target / "release" / "formprogress", help="the program under test")
    parser.add_argument("--dir", type=Path, default=Path("/var/tmp"), help="where the databases live: a disk, not memory")
    given = parser.parse_args()
    stop_cleanly_on_signals()
    binary = given.binary.resolve()
    for needed, remedy in ((binary, "cargo build --release"), (BROWSER / "node_modules", "cd tests/browser && npm ci")):
        if not needed.exists():
            print(f"bench: {needed} is missing: {remedy}", file=sys.stderr)
            return 1
    folder = Path(tempfile.mkdtemp(prefix="formprogress-pages-", dir=given.dir.resolve()))
    folder.chmod(0o711)
    try:
        for key, title, filled in (("sqlite", "SQLite", lists.sqlite), ("postgres", "PostgreSQL", lists.postgres)):
            if given.only in (None, key):
                lists.say(f"{title}: filling {given.drafts:,} drafts")
                with filled(folder, binary, given.drafts) as url:
                    add_events(url)
                    measure(title, folder, binary, url, given.loads)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


BROWSER = REPOSITORY / "tests" / "browser"


def add_events(url: str) -> None:
    """The event with which each draft began."""
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:"), isolation_level=None)) as connection:
            connection.execute(BEGUN)
    else:
        run(["psql", url, "-qc", BEGUN], what="psql")


def measure(title: str, folder: Path, binary: Path, url: str, loads: int) -> None:
    """Opens each page so many times, and prints."""
    env = {"DATABASE_URL": url, "FORMPROGRESS_PURGE_SCHEDULE": NO_PURGE}
    with serving(binary, folder / f"{title}.log", env, ["serve"]) as server:
        session = signed_in(server, binary, env, folder)
        lists.say(f"{title}: waiting until the events are folded")
        wait_until_folded(server, session)
        pages = paths(server, session)
        given = {"base": f"http://127.0.0.1:{server.port}", "session": session, "pages": pages, "loads": loads}
        measured = run(["node", BROWSER / "paint.mjs", json.dumps(given)], what="the browser", cwd=BROWSER)
    print(f"\n## {title}\n\n| page | first byte, p50 ms | first paint, p50 ms | first paint, slowest ms |\n|---|---:|---:|---:|")
    for name, first_byte, paint, slowest in json.loads(measured):
        print(f"| {name} | {first_byte:.0f} | {paint:.0f} | {slowest:.0f} |")


def signed_in(server: Server, binary: Path, env: dict[str, str], folder: Path) -> str:
    """An owner's session."""
    printed = run([binary, "admin", "add", EMAIL], env=env, cwd=folder, what="formprogress admin add")
    link = re.search(r"/admin/set-password/(\S+)", printed)
    if not link:
        raise BenchError(f"no link to set a password in: {printed}")
    call(server, "POST", "/api/admin/set-password", {"token": link[1], "password": PASSWORD})
    headers = call(server, "POST", "/api/admin/session", {"email": EMAIL, "password": PASSWORD})[1]
    session = re.search(r"formprogress_session=([^;]+)", headers)
    if not session:
        raise BenchError("nobody was signed in")
    return session[1]


def call(server: Server, method: str, path: str, body: dict | None = None, session: str = "") -> tuple[dict, str]:
    """A request; what it gives, and its cookies."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)) as connection:
        headers = {"Content-Type": "application/json", "Cookie": f"formprogress_session={session}"}
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 300:
            raise BenchError(f"{method} {path}: {answer.status} {text}")
        return json.loads(text or "null"), str(answer.headers)


def wait_until_folded(server: Server, session: str) -> None:
    """The service folds each minute."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        record = call(server, "GET", "/api/admin/system", session=session)[0]["database"]["record"]
        if record["folded_to"] == record["newest_event"]:
            return
        time.sleep(1)
    raise BenchError("the events were not folded in time")


def paths(server: Server, session: str) -> list[tuple[str, str]]:
    """The pages, and their addresses."""
    drafts = call(server, "GET", "/api/admin/drafts?limit=50", session=session)[0]
    draft = drafts["items"][0]["draft_id"]
    return [
        ("overview", "/admin"),
        ("surveys", "/admin/surveys"),
        ("a survey with its funnel", "/admin/surveys/2"),
        ("the funnel of a company", "/admin/surveys/2?company_id=7"),
        ("drafts", "/admin/drafts"),
        ("drafts, the second page", f"/admin/drafts?after={drafts['next']}"),
        ("drafts of an email", "/admin/drafts?email=user0500000%40example.com"),
        ("drafts at a screen", "/admin/drafts?survey_id=3&screen=5"),
        ("a draft", f"/admin/drafts/{draft}"),
        ("submissions", "/admin/submissions"),
        ("companies", "/admin/companies"),
        ("a company", "/admin/companies/7"),
        ("a person", "/admin/person?email=user0500000%40example.com"),
        ("audit log", "/admin/audit"),
        ("system", "/admin/system"),
    ]


if __name__ == "__main__":
    sys.exit(main())
