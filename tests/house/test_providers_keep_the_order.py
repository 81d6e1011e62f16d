import ast
from dataclasses import dataclass
from enum import IntEnum, auto
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from chalicelib.providers import registry
from chalicelib.provisioning.registry import CONSOLES
from tests.house.sources import ROOT, tree

CONTRACTS: Final = {"providers": "Provider", "provisioning": "Console"}
"""Where each carrier has a file of its own, and what that file keeps."""
FILES: Final = [
    pytest.param(room, name, id=f"{room}-{name}")
    for room, names in (("providers", registry.PROVIDERS), ("provisioning", CONSOLES))
    for name in names
]
every_file_of_a_carrier = pytest.mark.parametrize(("room", "name"), FILES)


def path_of(room: str, name: str) -> Path:
    return ROOT / "chalicelib" / room / f"{name}.py"


class Part(IntEnum):
    CAPTION = auto()
    IMPORTS = auto()
    FACTS_AND_TABLES = auto()
    WIRE_SHAPES = auto()
    CARRIER = auto()
    PRIVATE = auto()


def part(node: ast.stmt) -> Part:
    match node:
        case ast.Import() | ast.ImportFrom():
            return Part.IMPORTS
        case ast.ClassDef(name=name, bases=[ast.Name(id="TypedDict")]) if name[0] != "_":
            return Part.WIRE_SHAPES
        case ast.ClassDef(bases=[ast.Name(id=base)]) if base in CONTRACTS.values():
            return Part.CARRIER
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) if name[0] == "_":
            return Part.PRIVATE
        case ast.AnnAssign(target=ast.Name(id=name)):
            return Part.PRIVATE if name[0] == "_" else Part.FACTS_AND_TABLES
    pytest.fail(f"line {node.lineno} is part of nothing")


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    may_be_left_out: bool


def members(path: Path, base: str) -> list[Member]:
    (carrier,) = (
        node
        for node in tree(path).body
        if isinstance(node, ast.ClassDef)
        and any(isinstance(name, ast.Name) and name.id == base for name in node.bases)
    )
    found = []
    for node in carrier.body:
        match node:
            case ast.FunctionDef(name=name, decorator_list=decorators):
                is_abstract = any(ast.unparse(mark) == "abstractmethod" for mark in decorators)
                found.append(Member(name, may_be_left_out=not is_abstract))
            case ast.AnnAssign(target=ast.Name(id=name), value=value):
                found.append(Member(name, may_be_left_out=value is not None))
    return found


@every_file_of_a_carrier
def test_the_members_stand_in_the_order_of_the_contract(room: str, name: str) -> None:
    written = [member.name for member in members(path_of(room, name), CONTRACTS[room])]
    promised = [
        member.name
        for member in members(path_of(room, "base"), "ABC")
        if member.name in written or not member.may_be_left_out
    ]
    private = [member for member in written if member[0] == "_" and member != "__init__"]
    assert written == promised + private


@every_file_of_a_carrier
def test_the_parts_of_a_file_stand_in_their_order(room: str, name: str) -> None:
    caption, *rest = tree(path_of(room, name)).body
    code = [node for node in rest if not isinstance(node, ast.Expr)]

    parts = [Part.CAPTION, *map(part, code)]

    assert isinstance(caption, ast.Expr)
    assert all(before <= after for before, after in pairwise(parts))
    assert parts.count(Part.CARRIER) == 1


@every_file_of_a_carrier
def test_a_file_begins_with_a_caption_and_where_it_was_read(room: str, name: str) -> None:
    caption, _, sources = (ast.get_docstring(tree(path_of(room, name))) or "").partition("\n")

    assert caption.lower().startswith(name)
    assert caption.endswith(".")
    assert "https://" in sources
