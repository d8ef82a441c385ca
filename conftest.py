"""Settings for every test and for every notebook that nbval runs."""

import gc
import os

import nbval.kernel
from hypothesis import settings

from patternlab.authoring.notebooks import PrivateSockets

# Notebooks run in parallel, each in a kernel of its own. On TCP ports two of them can collide.
assert nbval.kernel.KernelManager, "nbval starts its kernels in another way now: look again"
nbval.kernel.KernelManager = PrivateSockets

# The order of a printed set depends on it; `python -m patternlab notebooks` sets the same.
os.environ["PYTHONHASHSEED"] = "0"

# A test fails for what the code does, never for how long the machine took.
settings.register_profile("patternlab", settings(), deadline=None)
settings.register_profile("deep", settings(), deadline=None, max_examples=2000)
settings.load_profile("patternlab")

# Each test leaves little garbage, and a full collection of what moto and pandas hold takes half a
# second of its time: collect less often. Measured on tests/local: 39 s without this, 21 s with it.
gc.set_threshold(50_000, 50, 100)
