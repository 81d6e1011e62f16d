"""What dataclasses write, and regular expressions, compiled for a package.

See `chalicelib.precompiled`, which takes them from the file that is written here.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from chalicelib import precompiled
from chalicelib.errors import ConfigurationError
from moltis.deployment.locked import ROOT

_PROGRAM: Final = """
import dataclasses, importlib, marshal, pkgutil, re, sys
from importlib.util import MAGIC_NUMBER
from types import SimpleNamespace

methods, patterns, made = {}, {}, []
usual, engine = re._compiler.compile, re._compiler._sre

def run(text, *namespaces):
    code = compile(text, "<dataclass>", "exec")
    methods[text] = marshal.dumps(code)
    exec(code, *namespaces)

def plain(value):
    if isinstance(value, int):
        return int(value)
    return [int(one) for one in value] if isinstance(value, list) else value

class Engine:
    def __getattr__(self, name):
        return getattr(engine, name)

    def compile(self, pattern, *rest):
        made.append(tuple(map(plain, rest)))
        return engine.compile(pattern, *rest)

def compiled(pattern, flags=0):
    found = usual(pattern, flags)
    if isinstance(pattern, (str, bytes)):
        patterns[pattern, int(flags)] = marshal.dumps(made.pop())
    return found

dataclasses.exec, re._compiler.compile, re._compiler._sre = run, compiled, Engine()
re.purge()
import chalicelib

for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
    importlib.import_module(module.name)
sys.stdout.buffer.write(MAGIC_NUMBER + marshal.dumps((methods, patterns)))
"""


def precompile(folder: Path) -> None:
    """Put them into *folder*, which holds `chalicelib`.

    They are had from the source beside us, which that in *folder* is a copy of: what else is there
    may be for another processor.

    Raises:
        ConfigurationError: a module of ours cannot be imported.
    """
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _PROGRAM],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        message = f"the app cannot be imported: {done.stderr.decode().strip().splitlines()[-1]}"
        raise ConfigurationError(message)
    (folder / "chalicelib" / precompiled.NAME).write_bytes(done.stdout)
