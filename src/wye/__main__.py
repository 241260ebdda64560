"""`python -m wye` is `wye`."""

from wye.cli.main import main

main()
