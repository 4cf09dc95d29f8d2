"""Where things lie, for the tests of this folder."""

import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIC = os.environ.get("LIC_COMMAND", os.path.join(ROOT, "build/release/native/lic"))


def module(name):
    """The command that runs a module; its working folder must be ROOT."""
    return [sys.executable, "-m", name]


def skip(reason):
    """Ends a test that cannot run here, with the line that scripts/test.sh collects."""
    print(f"SKIP: {reason}", flush=True)
    raise unittest.SkipTest(reason)
