"""How long the random tests search: fixed seeds, more where that is asked for."""

import os

SEEDS = range(int(os.environ.get("FIELDAPP_TEST_SEEDS", "1")))
