"""The packages that are shipped: installed as locked, then cut to what runs."""

import ast
import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from chalicelib.errors import ConfigurationError
from moltis.deployment.locked import locked_file, pip, wheels_for
from moltis.deployment.operations import without_others
from moltis.deployment.put_off import put_off
from moltis.deployment.runtime import Runtime

UNUSED: Final = {
    "bin": "console scripts",
    "boto3": "resources and sessions around botocore's clients, which are all that we use",
    "s3transfer": "of boto3",
    "cffi": "compiles bindings; PyNaCl's are compiled, and need `_cffi_backend` only",
    "pycparser": "parses C for cffi",
    "numpy/_pyinstaller": "for another packager",
    "numpy/distutils": "compiles extensions",
    "numpy/f2py": "compiles Fortran",
    "numpy/fft": "loaded on demand, and nothing of ours demands it",
    "numpy/polynomial": "loaded on demand, and nothing of ours demands it",
    "numpy/random": "loaded on demand, and nothing of ours demands it",
    "numpy/testing": "for tests",
    "numpy/_core/_*_tests.*.so": "for tests",
    "numpy/_core/_simd.*.so": "for tests",
    "**/tests": "tests of others",
    "**/include": "headers for compilers",
    "**/*.pyi": "types, for checkers",
    "**/*.a": "static libraries",
    "*.dist-info/RECORD": "pip's own notes",
    "*.dist-info/INSTALLER": "pip's own notes",
    "*.dist-info/REQUESTED": "pip's own notes",
    "*.dist-info/WHEEL": "pip's own notes",
}
"""What of the packages is left out, and why. METADATA stays: Amazon Inspector reads it."""

REPLACED: Final = {
    # Loads importlib.metadata, which takes longer than the whole of urllib3.
    "urllib3/http2/__init__.py": '"""HTTP/2 is not asked for by anything here."""\n',
    # Loads importlib.resources, to find a file that stands beside it: a package is a folder.
    "certifi/core.py": '''"""Where the certificates are: beside this file."""

_FILE = __file__.rpartition("/")[0] + "/cacert.pem"


def where():
    """Give the path of the file."""
    return _FILE


def contents():
    """Give what is in it."""
    with open(_FILE, encoding="ascii") as file:
        return file.read()
''',
    # Documentation for `help()`, with a library that writes it.
    "botocore/docs/__init__.py": '"""Documentation is left out of this package."""\n',
    "botocore/docs/docstring.py": '''"""Documentation is left out of this package."""


class ClientMethodDocstring(str):
    """Empty, whatever it is of."""

    def __new__(cls, *args, **kwargs):
        """Take what the real ones take."""
        return super().__new__(cls)

    def __init__(self, *args, **kwargs):
        """Keep nothing of it."""


PaginatorDocstring = WaiterDocstring = ClientMethodDocstring
''',
}
"""What of the packages is replaced: it would be loaded at each start, and never be used."""

_DESCRIPTION: Final = "service-2.json"
_DOCUMENTATION: Final = frozenset({"documentation", "documentationUrl"})


def install(runtime: Runtime, folder: Path) -> None:
    """Put the locked packages for *runtime* into *folder*, with everything that is in them.

    Raises:
        ConfigurationError: the index does not have them, or others under their names.
    """
    pip(
        "install",
        "--no-deps",
        "--no-compile",
        "--require-hashes",
        f"--requirement={locked_file(runtime)}",
        f"--target={folder}",
        *wheels_for(runtime),
    )


def prune(folder: Path, services: frozenset[str], names: frozenset[str] = frozenset()) -> None:
    """Take out of *folder* what nothing imports, and the AWS services that are not *services*.

    Of those, the operations stay that *names* has.
    """
    for pattern in UNUSED:
        for path in sorted(folder.glob(pattern)):
            _remove(path)
    for name, text in REPLACED.items():
        if (folder / name).exists():
            (folder / name).write_text(text)
    put_off(folder)
    descriptions = folder / "botocore" / "data"
    for service in sorted(descriptions.iterdir()):
        if service.is_dir() and service.name not in services:
            shutil.rmtree(service)
    prefixes = {_slim(path, names) for path in sorted(descriptions.glob(f"*/*/{_DESCRIPTION}.gz"))}
    for examples in sorted(descriptions.glob("*/*/examples-1.json*")):
        examples.unlink()
    _keep_endpoints(descriptions / "endpoints.json", prefixes)


def services_used(source: Path) -> frozenset[str]:
    """Find the AWS services that the code below *source* opens clients for.

    Raises:
        ConfigurationError: a service is not a literal, so that nobody can say which it is.
    """
    return frozenset(
        name
        for path in sorted(source.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        for name in _service_of(call, path)
    )


def _service_of(call: ast.Call, path: Path) -> Iterator[str]:
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="aws"), attr="client"), args=[name, *_]):
            if not (isinstance(name, ast.Constant) and isinstance(name.value, str)):
                message = f"{path}:{call.lineno} names its AWS service by a variable; write it out"
                raise ConfigurationError(message)
            yield name.value


def _slim(compressed: Path, names: frozenset[str]) -> str:
    """Rewrite a service's description without its prose; gives the name of its endpoint."""
    description = json.loads(gzip.decompress(compressed.read_bytes()))
    compressed.unlink()
    asked_for = _without_prose(without_others(description, names))
    text = json.dumps(asked_for, separators=(",", ":"))
    compressed.with_suffix("").write_text(text)
    return str(description["metadata"]["endpointPrefix"])


def _without_prose(value: Any) -> Any:  # noqa: ANN401  # JSON goes in and out
    if isinstance(value, dict):
        return {
            key: _without_prose(part)
            for key, part in value.items()
            # A member may be called so too: then it is a shape, and no text.
            if not (key in _DOCUMENTATION and isinstance(part, str))
        }
    if isinstance(value, list):
        return [_without_prose(part) for part in value]
    return value


def _keep_endpoints(path: Path, prefixes: set[str]) -> None:
    endpoints = json.loads(path.read_text())
    for partition in endpoints["partitions"]:
        partition["services"] = {
            name: about for name, about in partition["services"].items() if name in prefixes
        }
    path.write_text(json.dumps(endpoints, separators=(",", ":")))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
