"""Runs the README's curl calls against a fresh demo, and checks that each is answered as the README says."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys
import tempfile

EXPECTED = {
    # Save, resume, save the next screen, submit, a save that comes too late, no draft any more.
    "A tour with curl": [201, 200, 200, 201, 400, 404],
    # Start, change, a stale change, one that follows another in flight, submit, a stale tab.
    "How a client should save": [201, 200, 412, 200, 201, 410],
}


def calls(title: str) -> list[str]:
    """The curl commands of the section, each as it stands there."""
    readme = pathlib.Path("README.md").read_text()
    section = readme.split(f"## {title}\n")[1].split("\n## ")[0]
    code = "\n".join(line[4:] for line in section.splitlines() if line.startswith("    "))
    return ["curl -s " + call for call in re.split(r"^curl ", code, flags=re.MULTILINE) if call.strip()]


def tour(title: str) -> str:
    """All commands of the section, as one script that stops at the first that fails."""
    readme = pathlib.Path("README.md").read_text()
    section = readme.split(f"## {title}\n")[1].split("\n### ")[0]
    lines = [line[4:] for line in section.splitlines() if line.startswith("    ")]
    return "\n".join(["set -euo pipefail", *lines])


def main() -> None:
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        environment = {"PATH": "/usr/bin:/bin", "ROCKET_PORT": "0"}
        with subprocess.Popen(
            [binary, "--demo"], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as service:
            try:
                assert service.stdout is not None
                listening = next(line for line in service.stdout if "listening" in line)
                base = listening.split()[-1]
                promises = [
                    promise
                    for title, statuses in EXPECTED.items()
                    for promise in zip(calls(title), statuses, strict=True)
                ]
                for call, expected in promises:
                    answer = subprocess.run(
                        ["bash", "-c", call.replace("http://127.0.0.1:8000", base)], capture_output=True, text=True, check=True
                    ).stdout
                    status = int(answer.split()[1])
                    print(status, call.splitlines()[0])
                    if status != expected:
                        sys.exit(f"the README promises {expected}:\n{call}\n{answer}")
                # Last, since from the first key on the other calls would need one.
                script = tour("A tour for those who run surveys").replace("http://127.0.0.1:8000", base)
                path = f"{pathlib.Path(binary).parent}:{environment['PATH']}"
                subprocess.run(["bash", "-c", script], cwd=folder, env={"PATH": path}, check=True, stdout=subprocess.DEVNULL)
                print("the tour for those who run surveys")
            finally:
                service.terminate()
    if service.returncode != 0:
        sys.exit(f"the service ended with {service.returncode}")


if __name__ == "__main__":
    main()
