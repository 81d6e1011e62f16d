import subprocess
import sys

from moltis.carriers.line import Says, Side, Sound
from tests.phone import CALLER, GREETING, a_phone, words


def test_a_voice_that_there_is_not_is_the_carriers_own_and_no_silence() -> None:
    with a_phone(tts={"provider": "espeak", "voice": "nobody"}) as phone:
        call = phone.over(phone.dial_in(CALLER, Says("Hello."), Says("Goodbye!")))

        ours = [text for who, text in words(call) if who == "bot"]
        heard = [m for m in phone.at_carrier(call).moments if m.side is Side.AGENT]
        assert [m.text for m in heard] == ours
        assert {m.sound for m in heard} == {Sound.SPEECH}
        assert ours[0] == GREETING


QUIET = """
import sys
from moltis.carriers.line import Says
from tests.phone import CALLER, a_phone
for provider in ("twilio", "telnyx"):
    with a_phone(provider) as phone:
        phone.over(phone.dial_in(CALLER, Says("Hello."), Says("Goodbye!")))
        phone.over(phone.initiate(phone.far_end(Says("Goodbye!"))))
print("numpy" in sys.modules)
"""


def test_no_function_loads_numpy_where_the_carrier_speaks() -> None:
    ran = subprocess.run([sys.executable, "-c", QUIET], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "False"
