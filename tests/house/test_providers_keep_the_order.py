import ast
from dataclasses import dataclass
from enum import IntEnum, auto
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from chalicelib.providers import registry
from tests.house.sources import ROOT, tree

PROVIDERS: Final = ROOT / "chalicelib" / "providers"
every_carrier = pytest.mark.parametrize("name", registry.PROVIDERS)


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
        case ast.ClassDef(bases=[ast.Name(id="Provider")]):
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


@every_carrier
def test_the_members_stand_in_the_order_of_the_contract(name: str) -> None:
    written = [member.name for member in members(PROVIDERS / f"{name}.py", "Provider")]
    promised = [
        member.name
        for member in members(PROVIDERS / "base.py", "ABC")
        if member.name in written or not member.may_be_left_out
    ]
    private = [member for member in written if member[0] == "_" and member != "__init__"]
    assert written == promised + private


@every_carrier
def test_the_parts_of_a_file_stand_in_their_order(name: str) -> None:
    caption, *rest = tree(PROVIDERS / f"{name}.py").body
    code = [node for node in rest if not isinstance(node, ast.Expr)]

    parts = [Part.CAPTION, *map(part, code)]

    assert isinstance(caption, ast.Expr)
    assert all(before <= after for before, after in pairwise(parts))
    assert parts.count(Part.CARRIER) == 1


@every_carrier
def test_a_file_begins_with_a_caption_and_where_it_was_read(name: str) -> None:
    caption, _, sources = (ast.get_docstring(tree(PROVIDERS / f"{name}.py")) or "").partition("\n")

    assert caption.lower().startswith(name)
    assert caption.endswith(".")
    assert "https://" in sources
