import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from moltis.deployment import archive
from moltis.deployment.dependencies import UNUSED, prune, services_used
from moltis.deployment.locked import ROOT

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


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    archives = []
    for name in ("first", "second"):
        folder = a_folder(tmp_path / name)
        archive.compile_all(folder)
        made = tmp_path / f"{name}.zip"
        archive.zip_all(folder, made)
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
        if "*" not in path and path.startswith(("numpy/", "cffi", "pycparser"))
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
