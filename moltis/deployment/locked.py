"""What is shipped beside our code, to the byte: `infra/locked/`, one file for each Python."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from chalicelib.errors import ConfigurationError
from moltis.deployment.runtime import ARCHITECTURES, PYTHONS, Runtime

ROOT: Final = Path(__file__).parents[2]
REQUIREMENTS: Final = ROOT / "requirements.txt"
LOCKED: Final = ROOT / "infra" / "locked"
_BROUGHT_ALONG: Final = "chalice"
"""Chalice puts the two files that run on Lambda into the package itself; the rest is a tool."""

_CAPTION: Final = (
    "# What a package for {runtime} ships. Written by `make lock`; not to be edited.\n"
)


def locked_file(runtime: Runtime) -> Path:
    """Where the packages for *runtime* are written down."""
    return LOCKED / f"{runtime.name}.txt"


def lock() -> list[Path]:
    """Choose the newest packages that `requirements.txt` allows; gives the files written.

    Raises:
        ConfigurationError: there are none, or the package index cannot be reached.
    """
    LOCKED.mkdir(exist_ok=True)
    written = []
    for python in PYTHONS:
        pins: dict[str, set[str]] = {}
        for architecture in ARCHITECTURES:
            for pin, digest in _resolve(Runtime(python, architecture)):
                pins.setdefault(pin, set()).add(digest)
        path = locked_file(Runtime(python, next(iter(ARCHITECTURES))))
        lines = [_line(pin, digests) for pin, digests in sorted(pins.items())]
        path.write_text("".join([_CAPTION.format(runtime=f"python{python}"), *lines]))
        written.append(path)
    return written


def pip(*arguments: str) -> str:
    """Run pip, and give what it prints.

    Raises:
        ConfigurationError: it fails.
    """
    command = (sys.executable, "-m", "pip", *arguments, "--disable-pip-version-check", "--quiet")
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        message = f"pip failed: {done.stderr.strip().splitlines()[-1]}"
        raise ConfigurationError(message)
    return done.stdout


def wheels_for(runtime: Runtime) -> tuple[str, ...]:
    """Tell pip to take what can be loaded in *runtime*, wherever pip itself runs."""
    platforms = [part for name in runtime.platforms for part in ("--platform", name)]
    return (
        "--only-binary=:all:",
        "--implementation=cp",
        f"--python-version={runtime.python}",
        *platforms,
    )


def _resolve(runtime: Runtime) -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.txt"
        wanted.write_text("".join(_shipped_lines()))
        report = Path(folder) / "report.json"
        pip(
            "install",
            "--dry-run",
            f"--report={report}",
            f"--target={folder}/none",
            f"--requirement={wanted}",
            *wheels_for(runtime),
        )
        return [_pin(found) for found in json.loads(report.read_text())["install"]]


def _shipped_lines() -> list[str]:
    lines = REQUIREMENTS.read_text().splitlines(keepends=True)
    return [line for line in lines if re.split(r"\W", line)[0] != _BROUGHT_ALONG]


def _pin(found: dict[str, Any]) -> tuple[str, str]:
    about = found["metadata"]
    digest = found["download_info"]["archive_info"]["hashes"]["sha256"]
    return f"{about['name'].lower()}=={about['version']}", digest


def _line(pin: str, digests: set[str]) -> str:
    hashes = "".join(f" \\\n    --hash=sha256:{digest}" for digest in sorted(digests))
    return f"{pin}{hashes}\n"
