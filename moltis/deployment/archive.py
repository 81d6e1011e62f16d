"""The zip that Lambda unpacks: with byte code, and the same bytes from the same files."""

import os
import subprocess
import sys
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chalicelib.errors import ConfigurationError

WHERE_LAMBDA_UNPACKS: Final = "/var/task"
_BEGINNING: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can say."""
_READABLE: Final = 0o100644 << 16
_HARDEST: Final = 9


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a package a top folder takes, in bytes."""

    name: str
    zipped: int
    unzipped: int


def compile_all(folder: Path) -> None:
    """Put byte code beside all Python files in *folder*.

    Lambda's folder is read-only, so what is not compiled here is compiled at every cold start.
    Unchecked, because the zip has no true times to compare with.

    Raises:
        ConfigurationError: a file does not compile.
    """
    command = (
        *(sys.executable, "-I", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
        *("-s", str(folder), "-p", WHERE_LAMBDA_UNPACKS, str(folder)),
    )
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(  # noqa: S603
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        message = f"byte code could not be made: {done.stdout.strip()}"
        raise ConfigurationError(message)


def zip_all(folder: Path, archive: Path) -> None:
    """Write *archive* from the files in *folder*: sorted, without times, readable by all."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=_HARDEST) as made:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _BEGINNING)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _READABLE
            made.writestr(entry, path.read_bytes(), compresslevel=_HARDEST)


def shares(archive: Path) -> list[Share]:
    """Say what takes the room in *archive*, most first."""
    zipped: Counter[str] = Counter()
    unzipped: Counter[str] = Counter()
    with zipfile.ZipFile(archive) as made:
        for entry in made.infolist():
            top = entry.filename.split("/")[0]
            zipped[top] += entry.compress_size
            unzipped[top] += entry.file_size
    return [Share(name, size, unzipped[name]) for name, size in zipped.most_common()]
