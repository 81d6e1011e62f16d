"""Texts that Python compiles at each start, compiled beforehand: what byte code is for a module.

A dataclass writes its methods as text and has Python compile that; a regular expression is a text,
too. We and what we ship have some hundred of each, and they took a third of a start. A package
has them compiled (`moltis.deployment.precompiling`); where there is no such file, or another Python
made it, all is as it always is.
"""

import dataclasses
import marshal
import re
from importlib.util import MAGIC_NUMBER
from typing import Any, Final

NAME: Final = "precompiled.bin"


def use() -> None:
    """Have dataclasses and regular expressions take what is there already compiled."""
    try:
        # No pathlib: it would have to be loaded first.
        with open(f"{__file__.rpartition('/')[0]}/{NAME}", "rb") as file:  # noqa: PTH123
            content = file.read()
    except OSError:
        return
    if content.startswith(MAGIC_NUMBER):
        methods, patterns = marshal.loads(memoryview(content)[len(MAGIC_NUMBER) :])  # noqa: S302  # as a .pyc
        # Their own name for the builtin: nothing else of theirs is touched.
        dataclasses.exec = _executing(methods)  # type: ignore[attr-defined]
        re._compiler.compile = _compiling(patterns)  # type: ignore[attr-defined]  # noqa: SLF001


def _executing(methods: dict[str, bytes]) -> Any:  # noqa: ANN401  # as the builtin is
    def run(text: str, *namespaces: dict[str, Any]) -> None:
        code = methods.get(text)
        exec(marshal.loads(code) if code else text, *namespaces)  # noqa: S102, S302

    return run


def _compiling(patterns: dict[tuple[str | bytes, int], bytes]) -> Any:  # noqa: ANN401
    compiler = re._compiler  # type: ignore[attr-defined]  # noqa: SLF001
    usual, engine = compiler.compile, compiler._sre  # noqa: SLF001

    def compiled(pattern: Any, flags: int = 0) -> re.Pattern[Any]:  # noqa: ANN401
        known = patterns.get((pattern, flags)) if isinstance(pattern, str | bytes) else None
        if known is None:
            return usual(pattern, flags)  # type: ignore[no-any-return]
        return engine.compile(pattern, *marshal.loads(known))  # type: ignore[no-any-return]  # noqa: S302

    return compiled
