"""Which Lambda runtime a package is for: the Python that makes it, on one kind of processor."""

import sys
from dataclasses import dataclass
from typing import Final

from chalicelib.errors import ConfigurationError

ARCHITECTURES: Final = {"x86_64": "x86_64", "arm64": "aarch64"}
"""What Lambda calls a processor, and what Python wheels call it."""

# Lambda's Python 3.11 stands on Amazon Linux 2 (glibc 2.26), the later ones on Amazon Linux 2023
# (glibc 2.34). A wheel for a newer glibc installs, and then cannot be loaded: numpy from 2.3 on
# Python 3.11 is one. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_NEWEST_GLIBC: Final = {"3.11": 26, "3.12": 34, "3.13": 34, "3.14": 34}
_OLDER_NAMES: Final = ("manylinux2014", "manylinux2010", "manylinux1")
_OLDEST_GLIBC: Final = 5

PYTHONS: Final = tuple(_NEWEST_GLIBC)
"""The Pythons of Lambda that this project runs on."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """A Python and a processor that Lambda offers."""

    python: str
    architecture: str

    @property
    def name(self) -> str:
        """What Lambda calls the Python."""
        return f"python{self.python}"

    @property
    def platforms(self) -> tuple[str, ...]:
        """The wheels that can be loaded there, as pip calls their platforms."""
        processor = ARCHITECTURES[self.architecture]
        glibcs = range(_NEWEST_GLIBC[self.python], _OLDEST_GLIBC - 1, -1)
        names = (*(f"manylinux_2_{minor}" for minor in glibcs), *_OLDER_NAMES)
        return tuple(f"{name}_{processor}" for name in names)


def this_runtime(architecture: str) -> Runtime:
    """Give the runtime of the Python that runs us.

    It follows the interpreter, as Chalice has it, because only the very same Python can write the
    byte code that halves a cold start.

    Raises:
        ConfigurationError: Lambda has no such Python or processor.
    """
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    if python not in PYTHONS:
        message = f"Lambda has no Python {python}; package with one of {', '.join(PYTHONS)}"
        raise ConfigurationError(message)
    if architecture not in ARCHITECTURES:
        known = " or ".join(ARCHITECTURES)
        message = f"lambda_architecture is {architecture!r} in .chalice/config.json; say {known}"
        raise ConfigurationError(message)
    return Runtime(python, architecture)
