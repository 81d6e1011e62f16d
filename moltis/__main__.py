"""`python -m moltis` is `moltis`."""

from moltis.commands.root import main

main()
