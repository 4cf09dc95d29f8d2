"""`python3 -m models.evaluation.mos`, which models/evaluation/lic-mos runs from any folder."""

import sys

from .command import main

sys.exit(main())
