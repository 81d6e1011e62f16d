from pathlib import Path
from typing import Final

from tests.house.sources import ROOMS, ROOT, each_of, files, functions

LONGEST_FUNCTION: Final = 45
LONGEST: Final = {"app.py": 60, "tests": 500}
LONGEST_MODULE: Final = 400

every_file = each_of([ROOT / "app.py", *files(*ROOMS, "tests")])


@every_file
def test_no_file_is_longer_than_one_can_read(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]

    assert len(path.read_text().splitlines()) <= LONGEST.get(room, LONGEST_MODULE)


@every_file
def test_no_function_is_longer_than_a_screen(path: Path) -> None:
    too_long = {
        function.name: length
        for function in functions(path)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    }

    assert too_long == {}
