import marshal
import re
import shutil
import subprocess
import sys
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest

from chalicelib import precompiled
from moltis.deployment.locked import ROOT
from moltis.deployment.precompiling import precompile

BEGIN = """
import re
def unwanted(*_): raise AssertionError("compiled at the start")
usual = re._compiler.compile
import chalicelib.start
print("taken" if re._compiler.compile is not usual else "ignored")
re._parser.parse = COMPILE
import app
from chalicelib.accounts.account import Phone
assert Phone(active="a", account_ids=("a",)) == Phone(active="a", account_ids=("a",))
"""


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packaged")
    leftovers = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "chalicelib", folder / "chalicelib", ignore=leftovers)
    shutil.copy(ROOT / "app.py", folder)
    precompile(folder)
    return folder


def begun(folder: Path, compile_: str) -> str:
    program = BEGIN.replace("COMPILE", compile_)
    done = subprocess.run(
        [sys.executable, "-B", "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_with_it_no_regular_expression_is_compiled_at_the_start(packaged: Path) -> None:
    assert begun(packaged, "unwanted") == "taken"


def test_each_regular_expression_is_as_if_it_were_compiled_now(packaged: Path) -> None:
    content = (packaged / "chalicelib" / precompiled.NAME).read_bytes()
    methods, patterns = marshal.loads(content[len(MAGIC_NUMBER) :])  # noqa: S302
    engine = re._compiler._sre  # type: ignore[attr-defined]  # noqa: SLF001

    assert len(methods) > 300
    assert len(patterns) > 100
    for (pattern, flags), known in patterns.items():
        made = engine.compile(pattern, *marshal.loads(known))  # noqa: S302
        assert made == re.compile(pattern, flags)
        assert made.groupindex == re.compile(pattern, flags).groupindex


def test_what_another_python_made_is_not_taken(packaged: Path, tmp_path: Path) -> None:
    shutil.copytree(packaged, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "chalicelib" / precompiled.NAME
    file.write_bytes(b"0000" + file.read_bytes()[4:])

    assert begun(tmp_path, "re._parser.parse") == "ignored"


def test_without_it_all_is_as_it_always_is(packaged: Path, tmp_path: Path) -> None:
    shutil.copytree(packaged, tmp_path, dirs_exist_ok=True)
    (tmp_path / "chalicelib" / precompiled.NAME).unlink()

    assert begun(tmp_path, "re._parser.parse") == "ignored"


def test_the_same_source_gives_the_same_bytes(packaged: Path, tmp_path: Path) -> None:
    (tmp_path / "chalicelib").mkdir()

    precompile(tmp_path)

    first = (packaged / "chalicelib" / precompiled.NAME).read_bytes()
    assert (tmp_path / "chalicelib" / precompiled.NAME).read_bytes() == first
