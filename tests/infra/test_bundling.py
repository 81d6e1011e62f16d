import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib import bundled
from moltis.deployment import archive
from moltis.deployment.bundling import bundle
from moltis.deployment.locked import ROOT

BEGIN = """
import chalicelib.start, sys
from importlib.resources import files
import app, chalicelib.wiring, chalicelib.routes
by = type(chalicelib.wiring.__spec__.loader).__module__
assert chalicelib.wiring.__file__.endswith("chalicelib/wiring.py")
assert chalicelib.routes.__path__[0].endswith("chalicelib/routes")
assert (files("chalicelib.audio") / "apology.wav").is_file()
print("bundled" if by == "chalicelib.bundled" else "as always")
"""


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packaged")
    leftovers = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "chalicelib", folder / "chalicelib", ignore=leftovers)
    shutil.copy(ROOT / "app.py", folder)
    archive.compile_all(folder)
    bundle(folder)
    return folder


def begun(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-B", "-c", BEGIN], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_what_a_start_loads_is_found_in_one_file_and_is_as_if_it_were_in_its_own(
    packaged: Path,
) -> None:
    assert begun(packaged) == "bundled"


def test_without_that_file_modules_are_found_as_always(packaged: Path, tmp_path: Path) -> None:
    shutil.copytree(packaged, tmp_path, dirs_exist_ok=True)
    (tmp_path / "chalicelib" / bundled.NAME).unlink()

    assert begun(tmp_path) == "as always"


def test_what_another_python_made_is_not_taken(packaged: Path, tmp_path: Path) -> None:
    shutil.copytree(packaged, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "chalicelib" / bundled.NAME
    file.write_bytes(b"0000" + file.read_bytes()[4:])

    assert begun(tmp_path) == "as always"
