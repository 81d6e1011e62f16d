"""Starts as Lambda does: has a handler, hands it one event, and says when the answer is there.

`first_answer.py FOLDERS HANDLER EVENT_FILE`; knows nothing but the standard library.
"""

import sys

folders, handler_name, event_file = sys.argv[1:]
sys.path[:0] = folders.split(":")

import json  # noqa: E402
import time  # noqa: E402
from importlib import import_module  # noqa: E402


class Context:
    """What of Lambda's own context somebody may look at."""

    aws_request_id = "00000000-0000-0000-0000-000000000001"
    function_name = "bench"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:bench"
    client_context = None

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        """A whole turn."""
        return 29_000


def peak_mib() -> float:
    """The most memory that this program had; what `getrusage` says begins with its parent's."""
    with open("/proc/self/status") as file:  # noqa: PTH123
        (peak,) = (line.split()[1] for line in file if line.startswith("VmHWM:"))
    return int(peak) / 1024


def main() -> None:
    """Do it, and write what it took to standard output."""
    begun = time.perf_counter()
    module, _, name = handler_name.rpartition(".")
    handler = getattr(import_module(module), name)
    ready = time.perf_counter()
    with open(event_file) as file:  # noqa: PTH123  # pathlib would be loaded for it
        answer = handler(json.load(file), Context())
    answered = time.perf_counter()
    told = {
        "init_ms": 1000 * (ready - begun),
        "first_ms": 1000 * (answered - ready),
        "cpu_ms": 1000 * time.process_time(),
        "modules": len(sys.modules),
        "peak_mib": peak_mib(),
        "answer": answer,
    }
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


main()
