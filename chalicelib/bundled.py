"""The byte code of what a start loads, in one file: five hundred files need not be looked for.

A package has it (`moltis.deployment.bundling`); where there is none, or another Python made it,
modules are found as they always are.
"""

import marshal
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import MAGIC_NUMBER, spec_from_file_location
from types import CodeType
from typing import Final

from chalicelib.overriding import override

NAME: Final = "bundled.bin"

Modules = dict[str, tuple[str, bytes]]
"""Where the source of a module is, below the package, and its byte code."""


def use() -> None:
    """Have modules found there first."""
    ours = __file__.rpartition("/")[0]
    try:
        # No pathlib: it would have to be loaded first.
        with open(f"{ours}/{NAME}", "rb") as file:  # noqa: PTH123
            content = file.read()
    except OSError:
        return
    if content.startswith(MAGIC_NUMBER):
        modules = marshal.loads(content[len(MAGIC_NUMBER) :])  # noqa: S302  # as in every .pyc
        sys.meta_path.insert(0, _Finder(ours.rpartition("/")[0], modules))


class _Loader(SourceFileLoader):
    """Has the byte code already; all else is as with any source file."""

    def __init__(self, name: str, path: str, code: bytes) -> None:
        super().__init__(name, path)
        self._code = code

    @override
    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = marshal.loads(self._code)  # noqa: S302
        return code


class _Finder:
    """Finds *modules*, whose sources are below *root*."""

    def __init__(self, root: str, modules: Modules) -> None:
        self._root = root
        self._modules = modules

    def find_spec(self, name: str, *_where: object) -> ModuleSpec | None:
        """Say where the module is, if it is here; wherever others would look for it."""
        if name not in self._modules:
            return None
        place, code = self._modules[name]
        file = f"{self._root}/{place}"
        folder = file.removesuffix("/__init__.py")
        return spec_from_file_location(
            name,
            file,
            loader=_Loader(name, file, code),
            submodule_search_locations=[folder] if folder != file else None,
        )
