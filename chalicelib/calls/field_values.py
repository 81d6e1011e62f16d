"""What a value holds, by the names of its fields."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def field_values(value: "DataclassInstance") -> dict[str, Any]:
    """Give what *value* holds; flat, and not copied, as `dataclasses.asdict` would."""
    return {field.name: getattr(value, field.name) for field in fields(value)}
