import ast
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import botocore
import pytest
from botocore.loaders import Loader

from moltis.deployment import archive
from moltis.deployment.dependencies import REPLACED, UNUSED, prune, services_used
from moltis.deployment.locked import ROOT
from moltis.deployment.operations import names_used, without_others

EVERY_MODULE = """
import importlib, pathlib, sys
root = pathlib.Path(sys.argv[1])
for path in sorted((root / "chalicelib").rglob("*.py")):
    importlib.import_module(".".join(path.relative_to(root).with_suffix("").parts))
"""


def a_folder(folder: Path) -> Path:
    (folder / "package").mkdir(parents=True)
    (folder / "package" / "module.py").write_text("ANSWER = {'a': 1, 'b': 2}\n")
    (folder / "app.py").write_text("import package.module\n")
    return folder


def test_the_same_files_give_the_same_bytes_wherever_whenever_and_by_whomever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"package/{name}.py": f"NAMES = {{'{name}', 'x', 'y'}}\n" for name in "abc"}
    archives = []
    for place, umask, order, seed in (("first", 0o022, 1, "1"), ("other/second", 0o077, -1, "2")):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        before = os.umask(umask)
        for number, (name, text) in enumerate(list(files.items())[::order]):
            path = tmp_path / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            os.utime(path, (number * 86_400.0, number * 86_400.0))
        archive.compile_all(tmp_path / place)
        made = tmp_path / f"{seed}.zip"
        archive.zip_all(tmp_path / place, made)
        os.umask(before)
        archives.append(made.read_bytes())

    assert archives[0] == archives[1]


def test_the_byte_code_is_taken_as_it_is_and_says_where_lambda_has_it(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "app")

    archive.compile_all(folder)

    (compiled,) = folder.glob("package/__pycache__/module.*.pyc")
    content = compiled.read_bytes()
    assert int.from_bytes(content[4:8], "little") == 1, "unchecked: the zip has no true times"
    assert b"/var/task/package/module.py" in content
    assert str(tmp_path).encode() not in content


def test_what_does_not_compile_is_not_packaged(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "app")
    (folder / "broken.py").write_text("def")

    with pytest.raises(Exception, match="byte code could not be made"):
        archive.compile_all(folder)


def test_it_is_said_what_takes_the_room(tmp_path: Path) -> None:
    made = tmp_path / "made.zip"
    archive.zip_all(a_folder(tmp_path / "app"), made)

    with zipfile.ZipFile(made) as opened:
        sizes = {entry.filename: entry.file_size for entry in opened.infolist()}
    assert {share.name: share.unzipped for share in archive.shares(made)} == {
        "package": sizes["package/module.py"],
        "app.py": sizes["app.py"],
    }


def test_the_services_that_are_shipped_are_those_that_the_code_names() -> None:
    assert services_used(ROOT / "chalicelib") >= {
        "dynamodb",
        "lambda",
        "secretsmanager",
        "stepfunctions",
    }


def test_a_service_that_is_not_written_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("aws.client(name)\n")

    with pytest.raises(Exception, match="write it out"):
        services_used(tmp_path)


def test_nothing_that_is_left_out_is_imported() -> None:
    shut = [
        path.removesuffix(".py").replace("/", ".")
        for path in UNUSED
        if "*" not in path
        and path.startswith(("boto3", "s3transfer", "numpy/", "cffi", "pycparser"))
    ]
    program = f"import sys\nfor name in {shut!r}: sys.modules[name] = None\n{EVERY_MODULE}"

    done = subprocess.run(
        [sys.executable, "-c", program, str(ROOT)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_pruning_needs_no_package_to_be_there(tmp_path: Path) -> None:
    descriptions = tmp_path / "botocore" / "data"
    descriptions.mkdir(parents=True)
    (descriptions / "endpoints.json").write_text('{"partitions": []}')

    prune(tmp_path, frozenset())

    assert (descriptions / "endpoints.json").exists()


@pytest.mark.parametrize("service", sorted(services_used(ROOT / "chalicelib")))
def test_of_each_service_some_operations_are_shipped_with_all_that_they_are_made_of(
    service: str,
) -> None:
    whole = Loader().load_service_model(service, "service-2")

    kept = without_others(whole, names_used(ROOT / "chalicelib"))

    assert 0 < len(kept["operations"]) < len(whole["operations"])
    assert set(_shapes_in([kept["operations"], kept["shapes"]])) <= kept["shapes"].keys()


def test_the_operations_that_are_asked_for_are_shipped() -> None:
    names = names_used(ROOT / "chalicelib")

    assert names >= {
        *("start_execution", "stop_execution", "get_secret_value", "put_secret_value"),
        *("create_secret", "invoke", "get_object", "put_object", "synthesize_speech"),
        *("converse", "converse_stream"),
    }


def test_what_is_replaced_in_botocore_has_every_name_that_is_asked_of_it() -> None:
    root = Path(botocore.__file__).parent
    asked = {
        alias.name
        for path in root.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "botocore.docs.docstring"
        for alias in node.names
    }
    there: dict[str, object] = {}

    exec(REPLACED["botocore/docs/docstring.py"], there)  # noqa: S102  # our own text

    assert asked
    assert asked <= there.keys()


def _shapes_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        name = value.get("shape")
        yield from [name] if isinstance(name, str) else []
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        yield from _shapes_in(part)
