"""Two ranks in two threads, with the part of mpi4py's communicator that the ping-pong uses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Queue
from typing import Any


class Comm:
    """One rank's communicator: a message is a copy in the other one's queue."""

    def __init__(self, rank: int, inbox: Queue, outbox: Queue) -> None:
        self._rank, self._inbox, self._outbox = rank, inbox, outbox

    def Get_rank(self) -> int:
        return self._rank

    def Send(self, message, peer: int, tag: int) -> None:
        buffer, size, datatype = message
        assert (len(buffer), datatype) == (size, "byte")
        self._outbox.put((tag, bytes(buffer)))

    def Recv(self, message, peer: int, tag: int) -> None:
        got, content = self._inbox.get(timeout=20)
        assert got == tag
        message[0][:] = content

    def Sendrecv(self, out, peer: int, tag: int, into, source: int, other: int) -> None:
        self.Send(out, peer, tag)
        self.Recv(into, source, other)

    def sendrecv(self, value: Any, peer: int, tag: int, into, source: int, other: int) -> Any:
        self._outbox.put((tag, value))
        got, content = self._inbox.get(timeout=20)
        assert got == other
        return content


def run(program: Callable[[Comm], Any], comm: type[Comm] = Comm) -> list[Any]:
    """Run `program` on both ranks; return what they return, or raise what one of them raised."""
    queues = [Queue(), Queue()]
    found: list[Any] = [None, None]

    def rank(number: int) -> None:
        try:
            found[number] = program(comm(number, queues[number], queues[1 - number]))
        except BaseException as error:
            found[number] = error

    threads = [threading.Thread(target=rank, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return found
