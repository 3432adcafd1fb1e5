"""Runs the README's tour with curl against a fresh demo, and checks that each call is answered as the README says."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys
import tempfile

# Save, resume, save the next screen, submit, a save that comes too late, no draft any more.
EXPECTED = [201, 200, 200, 201, 400, 404]


def calls() -> list[str]:
    """The curl commands of the section, each as it stands there."""
    readme = pathlib.Path("README.md").read_text()
    section = readme.split("## A tour with curl")[1].split("\n## ")[0]
    code = "\n".join(line[4:] for line in section.splitlines() if line.startswith("    "))
    return ["curl -s " + call for call in re.split(r"^curl ", code, flags=re.MULTILINE) if call.strip()]


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
                for call, expected in zip(calls(), EXPECTED, strict=True):
                    answer = subprocess.run(
                        ["bash", "-c", call.replace("http://127.0.0.1:8000", base)], capture_output=True, text=True, check=True
                    ).stdout
                    status = int(answer.split()[1])
                    print(status, call.splitlines()[0])
                    if status != expected:
                        sys.exit(f"the README promises {expected}:\n{call}\n{answer}")
            finally:
                service.terminate()
    if service.returncode != 0:
        sys.exit(f"the service ended with {service.returncode}")


if __name__ == "__main__":
    main()
