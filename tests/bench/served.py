"""Our app as the local gateway serves it, until standard input is closed; its AWS is elsewhere."""

import logging
import sys

import app
from chalicelib import log
from moltis.gateway import answers_of
from moltis.http_server import HttpServer


def main() -> None:
    """Serve."""
    log.set_up(sys.stderr)
    logging.disable(logging.CRITICAL)
    server = HttpServer("127.0.0.1", 0)
    server.start(answers_of(app.app))
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
