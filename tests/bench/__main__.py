"""`python -m tests.bench`, which `nox -s bench` runs."""

from tests.bench.cli import main

raise SystemExit(main())
