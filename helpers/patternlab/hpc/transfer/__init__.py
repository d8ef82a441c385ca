"""How data gets to AWS: hours, days and dollars for each way there.

``compare`` is the one public door; ``estimate`` asks for one way. Times are modelled, limits and
prices quoted from ``data/transfer.csv`` and ``data/prices.csv``, each with its source and day.
"""

from patternlab.hpc.transfer.compression import ratio_of, streamed_rate, worth_compressing
from patternlab.hpc.transfer.datasync import Phases, phases, tasks_needed
from patternlab.hpc.transfer.plans import Plan, compare, crossovers, estimate, quickest
from patternlab.hpc.transfer.site import Site
from patternlab.hpc.transfer.tables import OPTIONS, Status, number, price, status

__all__ = [
    "OPTIONS",
    "Phases",
    "Plan",
    "Site",
    "Status",
    "compare",
    "crossovers",
    "estimate",
    "number",
    "phases",
    "price",
    "quickest",
    "ratio_of",
    "status",
    "streamed_rate",
    "tasks_needed",
    "worth_compressing",
]
