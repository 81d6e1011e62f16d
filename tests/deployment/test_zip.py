"""The package that is deployed, made as anybody makes it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from moltis.deployment import archive
from moltis.deployment.locked import ROOT

SOURCE: Final = ("chalicelib", "moltis", "infra", ".chalice", "app.py", "requirements.txt")
PACKAGE: Final = """
import sys
from pathlib import Path
from moltis.deployment.packaging import ROOT, package
assert Path(sys.argv[2]) == ROOT
package("dev", Path(sys.argv[1]))
"""
MB: Final = 1_000_000


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Package twice: in another folder, at another time, by another process, for other eyes."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    leftovers = shutil.ignore_patterns("__pycache__")
    for name in sorted(SOURCE, reverse=True):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, elsewhere / name, ignore=leftovers)
        else:
            shutil.copyfile(ROOT / name, elsewhere / name)
    made = []
    for folder, seed, mask in ((ROOT, "0", 0o022), (elsewhere, "7", 0o077)):
        out = tmp_path_factory.mktemp("made")
        subprocess.run(
            [sys.executable, "-c", PACKAGE, str(out), str(folder)],
            cwd=folder,
            env={
                **os.environ,
                "PYTHONPATH": str(folder),
                "PYTHONHASHSEED": seed,
                "TZ": "UTC" if seed == "0" else "Asia/Tokyo",
            },
            umask=mask,
            check=True,
            capture_output=True,
        )
        made.append(out)
    return made


@pytest.mark.parametrize("name", ["deployment.zip", "sam.json"])
def test_the_same_source_gives_the_same_bytes_wherever_it_lies(
    packages: list[Path], name: str
) -> None:
    first, second = ((folder / name).read_bytes() for folder in packages)

    assert first == second


def test_but_for_numpy_it_is_far_below_fifteen_megabytes(packages: list[Path]) -> None:
    zipped = {share.name: share.zipped for share in archive.shares(packages[0] / "deployment.zip")}
    numpy = sum(size for name, size in zipped.items() if name.startswith("numpy"))

    assert sum(zipped.values()) - numpy < 10 * MB
    assert numpy < 14 * MB
