"""Where things lie, for the tests of this folder; importing this makes models/evaluation importable."""

import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIC = os.environ.get("LIC_COMMAND", os.path.join(ROOT, "build/release/native/lic"))
sys.path.insert(0, os.path.join(ROOT, "models", "evaluation"))


def skip(reason):
    """Ends a test that cannot run here, with the line that scripts/test.sh collects."""
    print(f"SKIP: {reason}", flush=True)
    raise unittest.SkipTest(reason)
