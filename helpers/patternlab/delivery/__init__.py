"""The delivery model: queues, functions, topics, buckets and event buses on one simulated clock.

Pure Python on SimPy; no boto3 and no moto. Each fact about AWS that the model keeps to has a test
with the fact's id in its name. ::

    from patternlab.clock import VirtualClock
    from patternlab.delivery import StandardQueue

    clock = VirtualClock()
    queue = StandardQueue(clock, visibility_timeout=30)
    queue.send("hello")
    queue.receive()
    clock.wait(30)                    # the message is visible again

Where things are:

* ``sqs/``: a queue (``queue``, ``standard``, ``fifo``), the life of its messages (``lifecycle``),
  whose turn it is (``fair``, ``groups``), redrive (``redrive``, ``move``).
* ``functions/``: a function and its concurrency (``function``), the event source mapping that polls
  a queue for it (``mapping``), asynchronous invocation (``async_invoke``), recursive loops.
* ``sns/``: a topic and its subscriptions (``topic``), filter and delivery policies, the forms of a
  message (``notification``), one row per delivery (``delivery_log``).
* ``s3/``: a bucket's notifications (``bucket``), its rules, reconciliation.
* ``events/``: an event bus with its rules (``bus``), event patterns.
* ``receivers``: whatever a message is delivered to. ``faults``: what is ordered to fail. ``knobs``:
  what AWS does not publish. ``attempts``: one row of history. ``scenarios`` and ``s3/scenarios``:
  small seeded worlds for figures and exercises.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
