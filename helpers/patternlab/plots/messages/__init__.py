"""Figures of messages.

What a table says, without drawing: ``history`` (messages of a queue), ``groups`` (of a FIFO queue),
``events`` (asynchronous invocations) and ``deliveries`` (of a topic). What is drawn: ``timeline``,
``fifo``, ``asynchronous`` and ``fan_out``; ``lanes`` and ``fifo_layout`` place what they share.
"""
