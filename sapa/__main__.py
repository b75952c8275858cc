"""`python -m sapa`, the same as the command `sapa`."""

from sapa.config.cli import main

main()
