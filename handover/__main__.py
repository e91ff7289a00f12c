"""`python -m handover` is `handover`."""

from handover.cli import main

main()
