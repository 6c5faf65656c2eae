"""Write what many threads bring in one transaction.

A log is one chain, so writers of one village wait for each other; and every commit
waits for the disk. Whoever comes while a transaction is under way is therefore
written together with all others who came, by the first of them. Nobody waits longer
than for the transaction before and the own one; a single writer waits for nothing
(docs/decisions/0002-group-commit.md).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def _taken_lock() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


@dataclass(eq=False)
class _Ticket(Generic[Item, Result]):
    items: Sequence[Item]
    results: list[Result] = field(default_factory=list)
    error: BaseException | None = None
    is_done: bool = False
    turn: Lock = field(default_factory=_taken_lock)
    """Released once: when the ticket is written, or is to lead the next group.

    Each thread waits for a lock of its own, so that none is woken for nothing.
    """


class GroupCommit(Generic[Item, Result]):
    """Gathers items of several threads for one function that writes and commits.

    ``write`` gets the items of a whole group and gives as many results. Where it
    raises, each ticket of the group is written alone, so that one bad item harms
    no other; what it raises then goes to that ticket's own thread.
    """

    def __init__(self, write: Callable[[Sequence[Item]], list[Result]]) -> None:
        self._write = write
        self._guard = Lock()
        self._waiting: list[_Ticket[Item, Result]] = []
        self._is_writing = False

    def submit(self, items: Sequence[Item]) -> list[Result]:
        """Write some items, perhaps together with others', and give their results."""
        ticket = _Ticket[Item, Result](items)
        with self._guard:
            self._waiting.append(ticket)
            leads, self._is_writing = not self._is_writing, True
        if not leads:
            ticket.turn.acquire()
        if not ticket.is_done:
            self._lead()
        if ticket.error is not None:
            raise ticket.error
        return ticket.results

    def _lead(self) -> None:
        with self._guard:
            group, self._waiting = self._waiting, []
        try:
            self._write_together(group)
        except BaseException as error:
            for ticket in group:
                ticket.error = error
            raise
        finally:
            self._hand_over(group)

    def _hand_over(self, group: list[_Ticket[Item, Result]]) -> None:
        """Wake those who are written, and the first of those who came meanwhile."""
        with self._guard:
            next_leader = self._waiting[0] if self._waiting else None
            self._is_writing = next_leader is not None
        if next_leader is not None:
            next_leader.turn.release()
        for ticket in group:
            ticket.is_done = True
            ticket.turn.release()

    def _write_together(self, group: list[_Ticket[Item, Result]]) -> None:
        items = [item for ticket in group for item in ticket.items]
        try:
            results = iter(self._write(items))
        except Exception as error:  # noqa: BLE001 - it goes to the thread it belongs to.
            if len(group) == 1:
                group[0].error = error
                return
            for ticket in group:
                self._write_together([ticket])
            return
        for ticket in group:
            ticket.results = [next(results) for _ in ticket.items]
