"""Settings for every test and for every notebook that nbval runs."""

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
