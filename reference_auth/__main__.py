"""`python -m reference_auth` is the same as `reference-auth`."""

import sys

from reference_auth.serve.cli import main

if __name__ == "__main__":
    sys.exit(main())
