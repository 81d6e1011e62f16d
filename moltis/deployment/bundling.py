"""The byte code of what a start loads, in one file; see `chalicelib.bundled`."""

import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path
from typing import Final

from chalicelib import bundled
from chalicelib.errors import ConfigurationError
from moltis.deployment.locked import ROOT

_PROGRAM: Final = "import app, sys; print(*sorted(sys.modules))"


def bundle(folder: Path) -> None:
    """Put the byte code of the modules that a start loads together, where *folder* has it.

    Which those are is asked of the source beside us: what is in *folder* may be for another
    processor.

    Raises:
        ConfigurationError: the app cannot be imported.
    """
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-B", "-c", _PROGRAM],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"the app cannot be imported: {done.stderr.strip().splitlines()[-1]}"
        raise ConfigurationError(message)
    modules: dict[str, tuple[str, bytes]] = {}
    for name in done.stdout.split():
        path = folder.joinpath(*name.split("."))
        for source in (path / "__init__.py", path.with_suffix(".py")):
            compiled = Path(cache_from_source(str(source)))
            if compiled.exists():
                code = compiled.read_bytes()[_HEADER_BYTES:]
                modules[name] = (source.relative_to(folder).as_posix(), code)
    (folder / "chalicelib" / bundled.NAME).write_bytes(bundled.put_together(modules))


_HEADER_BYTES: Final = 16
"""What stands before the code in a .pyc: https://peps.python.org/pep-0552/"""
