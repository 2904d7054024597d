"""`python -m service.cli`: the command line wherever the package is, which is how the supervisor calls it."""

from service.cli import main

main()
