"""`python -m governance`."""

from governance.cli.__main__ import main

raise SystemExit(main())
