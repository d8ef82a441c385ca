"""Pattern Lab: AWS patterns that you run, break and understand."""

from patternlab.cloud import CloudError, WaitTimeout, open_cloud
from patternlab.delivery.knobs import Knobs

__all__ = ["CloudError", "Knobs", "WaitTimeout", "open_cloud"]
