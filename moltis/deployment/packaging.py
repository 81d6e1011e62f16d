"""`make package`: the app as a zip, the stack around it as a template; without any AWS account."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chalicelib.errors import ConfigurationError
from moltis.deployment import archive, bundling, dependencies, precompiling, template
from moltis.deployment.locked import ROOT
from moltis.deployment.operations import names_used
from moltis.deployment.runtime import Runtime, this_runtime

BUILD: Final = ROOT / "build"
CONFIG: Final = ROOT / ".chalice" / "config.json"
_ANY_REGION: Final = "us-east-1"
"""Chalice wants one before it says anything; nothing of it gets into the package."""
_CHALICE: Final = "from chalice.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Package:
    """What `make package` makes."""

    stage: str
    template: Path
    archive: Path


@dataclass(frozen=True, slots=True)
class Stage:
    """What `.chalice/config.json` says of a stage."""

    name: str
    traced: bool
    architecture: str


def read_stage(name: str) -> Stage:
    """Find the stage called *name*.

    Raises:
        ConfigurationError: there is none.
    """
    config = json.loads(CONFIG.read_text())
    if name not in config["stages"]:
        known = " or ".join(config["stages"])
        message = f"there is no stage {name!r}; say {known}, or add it to .chalice/config.json"
        raise ConfigurationError(message)
    settings = config | config["stages"][name]
    return Stage(name, bool(settings.get("xray")), settings.get("lambda_architecture", "x86_64"))


def describe(stage_name: str) -> template.Template:
    """Say what stands in the stack of *stage_name*, without making its zip.

    Raises:
        ConfigurationError: there is no such stage.
    """
    with tempfile.TemporaryDirectory() as scratch:
        return _template_in(_run_chalice(read_stage(stage_name), Path(scratch)))


def package(stage_name: str, folder: Path | None = None) -> Package:
    """Package *stage_name* into *folder*, or else into `build/`.

    Raises:
        ConfigurationError: there is no such stage, or something it needs cannot be had.
    """
    stage = read_stage(stage_name)
    runtime = this_runtime(stage.architecture)
    made = folder or BUILD / stage_name
    made.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        described, content = _run_chalice(stage, Path(scratch)), Path(scratch) / "content"
        _fill(content, described / "deployment.zip", runtime)
        archive.zip_all(content, made / "deployment.zip")
        text = json.dumps(_template_in(described), indent=2, sort_keys=True)
    (made / "sam.json").write_text(f"{text}\n")
    return Package(stage_name, made / "sam.json", made / "deployment.zip")


def _template_in(described: Path) -> template.Template:
    return template.finish(json.loads((described / "sam.json").read_text()))


def _copy_source(to: Path) -> None:
    """Copy what runs on Lambda, as it is in the working tree, and nothing that was compiled."""
    no_leftovers = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
    shutil.copytree(ROOT / "chalicelib", to / "chalicelib", ignore=no_leftovers)
    shutil.copytree(ROOT / ".chalice", to / ".chalice", ignore=shutil.ignore_patterns("deploy*"))
    shutil.copy(ROOT / "app.py", to)
    # What else is shipped comes from `infra/locked/`: Chalice would choose anew each time.
    (to / "requirements.txt").touch()


def _run_chalice(stage: Stage, scratch: Path) -> Path:
    """Have Chalice say which functions, routes and schedules there are, within our template."""
    source, out = scratch / "source", scratch / "chalice"
    _copy_source(source)
    around = source / "around.json"
    around.write_text(json.dumps(template.template_for(stage.name, traced=stage.traced)))
    environment = os.environ | {
        "AWS_DEFAULT_REGION": os.environ.get("AWS_DEFAULT_REGION", _ANY_REGION),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment.pop("AWS_PROFILE", None)  # it need not exist where nothing is deployed
    command = (
        *(sys.executable, "-c", _CHALICE, "--project-dir", str(source), "package"),
        *("--stage", stage.name, "--merge-template", str(around), str(out)),
    )
    done = subprocess.run(  # noqa: S603
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        message = f"chalice package failed: {_last_line(done.stderr or done.stdout)}"
        raise ConfigurationError(message)
    return out


def _fill(content: Path, app: Path, runtime: Runtime) -> None:
    dependencies.install(runtime, content)
    ours = ROOT / "chalicelib"
    dependencies.prune(content, dependencies.services_used(ours), names_used(ours))
    with zipfile.ZipFile(app) as files:
        files.extractall(content)
    precompiling.precompile(content)
    archive.compile_all(content)
    bundling.bundle(content)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
