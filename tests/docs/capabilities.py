"""`make docs`: writes docs/providers/README.md from what the carriers' files say of themselves."""

from pathlib import Path
from typing import Final

from chalicelib.providers import registry
from chalicelib.providers.base import Feature

PAGE: Final = Path(__file__).parents[2] / "docs" / "providers" / "README.md"

_HEAD: Final = """\
# What each carrier can do

Generated from the code by `make docs`; a test fails when it is stale. What a carrier cannot do is
refused by name, never left out in silence.
"""
_FOOT: Final = """\
An answering machine is told from a person only where `machine` under `[phone.outbound]` asks for
it. Where a machine's greeting is not reported, the message begins anew, after a silence.

Adding a carrier: [the places to touch](../adding-a-provider.md).
"""


def capabilities() -> str:
    """The page as it should be."""
    names = list(registry.PROVIDERS)
    links = [f"[{name}]({name}.md)" for name in names]
    table = [
        f"| can it … | {' | '.join(links)} |",
        f"|---|{'---|' * len(names)}",
        f"| is told what to do by | {' | '.join(_manner(name) for name in names)} |",
        *(
            f"| {feature} | {' | '.join(_mark(name, feature) for name in names)} |"
            for feature in Feature
        ),
    ]
    return "\n".join([_HEAD, *table, "", _FOOT])


def _manner(name: str) -> str:
    return "commands" if registry.PROVIDERS[name].takes_commands else "documents"


def _mark(name: str, feature: Feature) -> str:
    return "yes" if feature in registry.PROVIDERS[name].features else "no"


if __name__ == "__main__":
    PAGE.write_text(capabilities(), "utf-8")
