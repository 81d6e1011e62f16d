"""The byte code of what a start loads, in one file: five hundred files need not be looked for.

A package has it (`moltis.deployment.bundling`); where there is none, or another Python made it,
modules are found as they always are.
"""

import marshal
import sys
from collections.abc import Mapping
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import MAGIC_NUMBER, spec_from_file_location
from types import CodeType
from typing import Final

from chalicelib.overriding import override

NAME: Final = "bundled.bin"

Index = dict[str, tuple[str, int, int]]
"""Where the source of a module is, below the package, and from where to where its byte code is."""
_INDEX_AT: Final = len(MAGIC_NUMBER)
_LENGTH_BYTES: Final = 4


def put_together(modules: Mapping[str, tuple[str, bytes]]) -> bytes:
    """Write *modules*, of each where its source is, and its byte code, as `use` reads them."""
    index: Index = {}
    end = 0
    for name, (place, code) in modules.items():
        index[name] = (place, end, end + len(code))
        end += len(code)
    listed = marshal.dumps(index)
    codes = b"".join(code for _, code in modules.values())
    return MAGIC_NUMBER + len(listed).to_bytes(_LENGTH_BYTES) + listed + codes


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
        # Views: what is four megabytes long is not copied, and of the byte code only what is asked
        # for is looked at.
        view = memoryview(content)
        listed_at = _INDEX_AT + _LENGTH_BYTES
        codes_at = listed_at + int.from_bytes(view[_INDEX_AT:listed_at])
        index: Index = marshal.loads(view[listed_at:codes_at])  # noqa: S302  # as in every .pyc
        root = ours.rpartition("/")[0]
        sys.meta_path.insert(0, _Finder(root, index, view[codes_at:]))


class _Loader(SourceFileLoader):
    """Has the byte code already; all else is as with any source file."""

    def __init__(self, name: str, path: str, code: memoryview) -> None:
        super().__init__(name, path)
        self._code = code

    @override
    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = marshal.loads(self._code)  # noqa: S302
        return code


class _Finder:
    """Finds the modules of *index*, whose sources are below *root*, in *codes*."""

    def __init__(self, root: str, index: Index, codes: memoryview) -> None:
        self._root = root
        self._index = index
        self._codes = codes

    def find_spec(self, name: str, *_where: object) -> ModuleSpec | None:
        """Say where the module is, if it is here; wherever others would look for it."""
        if name not in self._index:
            return None
        place, begin, end = self._index[name]
        file = f"{self._root}/{place}"
        folder = file.removesuffix("/__init__.py")
        return spec_from_file_location(
            name,
            file,
            loader=_Loader(name, file, self._codes[begin:end]),
            submodule_search_locations=[folder] if folder != file else None,
        )
