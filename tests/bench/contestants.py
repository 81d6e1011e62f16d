"""Who is measured: our package, and what others would write instead, made ready in build/bench."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from moltis.deployment.packaging import package

ROOT: Final = Path(__file__).parents[2]
BUILD: Final = ROOT / "build" / "bench"
PEERS: Final = Path(__file__).parent / "peers"
PYTHON: Final = Path(sys.executable).resolve()
"""The interpreter without any environment: what is to be loaded is named by who is measured."""

_REQUIREMENTS: Final = PEERS / "requirements.txt"


def ours() -> Path:
    """Our deployment package, unpacked as Lambda unpacks it."""
    made = package("dev", BUILD / "package")
    return _unpacked(made.archive, BUILD / "ours")


def peers() -> Path:
    """An environment with what the others are made of; gives its packages."""
    venv = BUILD / "peers"
    stamp = venv / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != _REQUIREMENTS.read_text():
        shutil.rmtree(venv, ignore_errors=True)
        _run(str(PYTHON), "-m", "venv", str(venv))
        _run(
            str(venv / "bin" / "python"),
            *("-m", "pip", "install", "-qqq", "--disable-pip-version-check"),
            *("--requirement", str(_REQUIREMENTS)),
        )
        shutil.copy(_REQUIREMENTS, stamp)
    (packages,) = venv.glob("lib/python*/site-packages")
    return packages


def plain_chalice() -> Path:
    """The same phone on plain Chalice, as `chalice package` makes it, unpacked."""
    packages, source = peers(), BUILD / "chalice" / "source"
    out = BUILD / "chalice" / "out"

    def make() -> None:
        shutil.rmtree(source, ignore_errors=True)
        shutil.copytree(PEERS / "chalice_app", source)
        (source / "chalicelib").mkdir()
        (source / "chalicelib" / "__init__.py").touch()
        shutil.copy(PEERS / "phone.py", source / "chalicelib")
        chalice = packages.parents[2] / "bin" / "chalice"
        _run(
            str(chalice),
            *("--project-dir", str(source), "package", str(out.resolve())),
            environment={"AWS_DEFAULT_REGION": "us-east-1", "PATH": "/usr/bin:/bin"},
        )

    _once(out / "deployment.zip", make)
    return _unpacked(out / "deployment.zip", BUILD / "chalice" / "content")


def _unpacked(archive: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(archive) as files:
        files.extractall(folder)
    return folder


def _once(made: Path, make: Callable[[], None]) -> None:
    newest = max(path.stat().st_mtime for path in PEERS.rglob("*") if path.is_file())
    if not made.exists() or made.stat().st_mtime < newest:
        make()


def _run(*command: str, environment: dict[str, str] | None = None) -> None:
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
