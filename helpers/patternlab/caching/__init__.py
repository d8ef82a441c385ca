"""Caches: workloads, a fast simulator, the theory beside it, and real caches to hold against both.

* Simulated: ``simulate`` one cache (a ``Layer``) or a ``hierarchy`` of them over a ``Trace``;
  ``workloads`` makes traces up, ``read_trace`` reads them from logs, ``theory`` predicts.
* At the edge: ``Edge`` is a real nginx that keeps what CloudFront keeps (``edge_ttl``,
  ``CachePolicy``); ``Distribution`` is CloudFront itself.
* In front of a query: ``open_valkey`` starts a real Valkey; ``lazy``, ``write_through``,
  ``WriteBehind`` and ``stampede`` are the strategies; ``Orders`` is the query; ``Dax`` the model.
* ``costs`` and ``price_table``: what it costs.

Importing this needs numpy and pandas only. What runs on numba, nginx or Valkey looks for it when it
is called, and says so if it is missing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
