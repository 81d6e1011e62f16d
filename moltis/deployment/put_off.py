"""Imports in packages of others, put off until somebody needs what they bring.

What is written here is of the locked version: if that has changed, packaging fails and says so.
"""

from pathlib import Path
from typing import Final

from chalicelib.errors import ConfigurationError


def _later(module: str, name: str) -> str:
    return f'__import__("{module}", fromlist=["{name}"]).{name}'


_POPEN: Final = f"lambda *given, **named: {_later('subprocess', 'Popen')}(*given, **named)"
_GETPASS: Final = f"lambda *given: {_later('getpass', 'getpass')}(*given)"

PUT_OFF: Final = {
    # A third of the standard library's modules of a start, for single sign-on, for proxies that
    # the environment names, and for credentials that a program gives or a person types in.
    "botocore/utils.py": {
        "import tempfile\n": "",
        "from pathlib import Path\n": "",
        "from urllib.request import getproxies, proxy_bypass\n": "",
        " = tempfile.mkstemp(": f" = {_later('tempfile', 'mkstemp')}(",
        " = Path(": f" = {_later('pathlib', 'Path')}(",
        # Where our functions run, proxies are named in the environment, or there are none.
        "    if should_bypass_proxies(url):": (
            "    if not any(name.lower().endswith('_proxy') for name in os.environ):\n"
            "        return {}\n"
            "    if should_bypass_proxies(url):"
        ),
        "return getproxies()": f"return {_later('urllib.request', 'getproxies')}()",
        "if proxy_bypass(": f"if {_later('urllib.request', 'proxy_bypass')}(",
    },
    "botocore/credentials.py": {
        "import getpass\n": "",
        "import subprocess\n": "",
        "popen=subprocess.Popen": f"popen={_POPEN}",
        "stdout=subprocess.PIPE": f"stdout={_later('subprocess', 'PIPE')}",
        "stderr=subprocess.PIPE": f"stderr={_later('subprocess', 'PIPE')}",
        "self._mfa_prompter = getpass.getpass": f"self._mfa_prompter = {_GETPASS}",
        "prompter=getpass.getpass,": f"prompter={_GETPASS},",
    },
}
"""Of each file, what stands there once, and what is to stand there."""


def put_off(folder: Path) -> None:
    """Put off what `PUT_OFF` names in the packages that *folder* holds.

    Raises:
        ConfigurationError: a package is of another version, and has not what is written here.
    """
    for name, lines in PUT_OFF.items():
        file = folder / name
        if not file.exists():
            continue
        text = file.read_text()
        for line, later in lines.items():
            if text.count(line) != 1:
                message = f"{name} does not have {line.strip()!r} once; mend {__name__}"
                raise ConfigurationError(message)
            text = text.replace(line, later)
        file.write_text(text)
