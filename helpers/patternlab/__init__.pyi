from . import caching, delivery, facts, hpc, learn, machine, plots, widgets
from .cloud import Cloud, CloudError, WaitTimeout, open_cloud
from .delivery.knobs import Knobs

__all__ = [
    "Cloud",
    "CloudError",
    "Knobs",
    "WaitTimeout",
    "caching",
    "delivery",
    "facts",
    "hpc",
    "learn",
    "machine",
    "open_cloud",
    "plots",
    "widgets",
]
