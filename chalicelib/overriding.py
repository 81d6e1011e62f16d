"""`override`, which the standard library has from Python 3.12 on."""

import sys
from typing import TYPE_CHECKING, TypeVar

Overriding = TypeVar("Overriding")

if sys.version_info >= (3, 12):
    from typing import override
elif TYPE_CHECKING:
    from typing_extensions import override
else:

    def override(method: Overriding) -> Overriding:
        """Say that *method* is one of the base's; checkers see to it."""
        return method


__all__ = ["override"]
