"""What of an AWS service's description is shipped: the operations that are asked for."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from botocore import xform_name

_PYNAMODB: Final = frozenset(
    {
        *("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan"),
        *("TransactGetItems", "TransactWriteItems", "UpdateItem"),
    }
)
"""What PynamoDB asks for, but for the making of tables: on AWS a template does that."""


def names_used(source: Path) -> frozenset[str]:
    """Every name and text in the modules below *source* that open AWS clients.

    An operation is asked for by its name, as an attribute of a client or as a text.
    """
    modules = (path.read_text() for path in sorted(source.rglob("*.py")))
    return frozenset(
        name for text in modules if "aws.client(" in text for name in _names(ast.parse(text))
    )


def without_others(description: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Give *description* with the operations of *names* only, and what they are made of.

    A service of which none is named is left as it is.
    """
    kept = {
        name: operation
        for name, operation in description["operations"].items()
        if name in _PYNAMODB or xform_name(name) in names
    }
    if not kept:
        return description
    shapes: dict[str, Any] = {}
    _gather(kept, description["shapes"], shapes)
    return {**description, "operations": kept, "shapes": shapes}


def _names(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        match node:
            case ast.Attribute(attr=name):
                yield name
            case ast.Constant(value=str(name)):
                yield name


def _gather(value: object, known: dict[str, Any], found: dict[str, Any]) -> None:
    """Put all shapes that *value* speaks of into *found*."""
    if isinstance(value, list):
        for one in value:
            _gather(one, known, found)
    if not isinstance(value, dict):
        return
    name = value.get("shape")
    if isinstance(name, str) and name in known and name not in found:
        found[name] = known[name]
        _gather(known[name], known, found)
    for one in value.values():
        _gather(one, known, found)
