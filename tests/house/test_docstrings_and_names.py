import ast
import sys
from pathlib import Path
from typing import Final, TypeGuard

from tests.house.sources import ROOMS, ROOT, classes, each_of, files, functions, tree

DRAWERS: Final = {"utils", "helpers", "common", "core", "models", "types", "constants"}
POSTPONED: Final = "TO" + "DO"

ours = [path for path in files(*ROOMS, "tests") if path.name != "__init__.py"]
every_file = each_of(ours)
every_module = each_of(files(*ROOMS))
every_test_file = each_of(files("tests"))


CONTRACTS: Final = {
    contract.name
    for path in files("chalicelib")
    if path.name == "base.py"
    for contract in classes(path)
    if any(isinstance(base, ast.Name) and base.id == "ABC" for base in contract.bases)
}


def keeps_a_contract(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id in CONTRACTS for base in node.bases)


def is_overriding(node: ast.stmt) -> TypeGuard[ast.FunctionDef]:
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(name, ast.Name) and name.id == "override" for name in node.decorator_list
    )


@each_of([path for path in files(*ROOMS, "tests") if path.name == "__init__.py"])
def test_a_package_is_empty(path: Path) -> None:
    assert path.read_text() == ""


@every_file
def test_no_module_is_a_drawer_for_everything(path: Path) -> None:
    assert DRAWERS.isdisjoint(path.relative_to(ROOT).with_suffix("").parts)


def test_no_room_bears_a_name_of_the_standard_library() -> None:
    names = {path.stem for path in (ROOT / "chalicelib").iterdir() if path.stem != "__init__"}

    assert names & sys.stdlib_module_names == set()


@every_file
def test_nothing_is_postponed_in_a_comment(path: Path) -> None:
    assert POSTPONED not in path.read_text()


@every_module
def test_a_module_has_a_caption_of_one_line(path: Path) -> None:
    if path.name == "__init__.py":
        return

    caption = (ast.get_docstring(tree(path)) or "").split("\n\n")[0]

    assert caption
    assert "\n" not in caption


@every_module
def test_a_promise_is_written_once_and_not_where_it_is_kept(path: Path) -> None:
    repeated = [
        member.name
        for keeper in filter(keeps_a_contract, classes(path))
        for member in keeper.body
        if is_overriding(member) and ast.get_docstring(member)
    ]

    assert repeated == []


@every_module
def test_every_exception_is_called_an_error(path: Path) -> None:
    bases = {"Exception", "BaseException"}
    odd = [
        node.name
        for node in classes(path)
        for base in node.bases
        if isinstance(base, ast.Name)
        and (base.id in bases or base.id.endswith("Error"))
        and not node.name.endswith("Error")
    ]

    assert odd == []


@every_test_file
def test_the_name_of_a_test_is_its_only_sentence(path: Path) -> None:
    told = [f.name for f in functions(path) if f.name.startswith("test_") and ast.get_docstring(f)]

    assert told == []


@every_test_file
def test_no_test_uses_a_mock(path: Path) -> None:
    imported = [
        name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (getattr(node, "module", None), *(alias.name for alias in node.names))
    ]

    assert [name for name in imported if name and name.startswith("unittest")] == []
