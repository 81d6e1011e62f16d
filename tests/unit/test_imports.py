import subprocess
import sys

LOAD = "import sys, app; print(sorted(name for name in sys.modules if '.' not in name))"


def test_loading_the_functions_does_not_load_what_only_sound_needs() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD], capture_output=True, text=True, check=True
    ).stdout

    assert "'chalicelib'" in loaded
    assert "'numpy'" not in loaded
