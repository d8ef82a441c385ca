"""The delivery model: queues, pollers and functions on one simulated clock.

Pure Python on SimPy; no boto3, no moto. The tests show what AWS does, fact by fact.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
