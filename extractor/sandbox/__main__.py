"""`python -m extractor.sandbox FD PARENT`: the warm sandbox process."""

from __future__ import annotations

import sys

from extractor.sandbox.server import main

sys.exit(main(sys.argv[1:]))
