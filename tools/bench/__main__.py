"""`python -m tools.bench`, which `nox -s bench` runs."""

from tools.bench.cli import main

raise SystemExit(main())
