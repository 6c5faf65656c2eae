"""Write what many threads bring in one transaction.

A log is one chain, so writers of one village wait for each other; and every commit
waits for the disk. Whoever comes while a transaction is under way is therefore
written together with all others who came, by the first of them to wake. Nobody
waits longer than for the transaction before and the own one; a single writer waits
for nothing (docs/decisions/0002-group-commit.md).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Condition
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(eq=False)
class _Ticket(Generic[Item, Result]):
    items: Sequence[Item]
    results: list[Result] = field(default_factory=list)
    error: BaseException | None = None
    is_done: bool = False


class GroupCommit(Generic[Item, Result]):
    """Gathers items of several threads for one function that writes and commits.

    ``write`` gets the items of a whole group and gives as many results. Where it
    raises, each ticket of the group is written alone, so that one bad item harms
    no other; what it raises then goes to that ticket's own thread.
    """

    def __init__(self, write: Callable[[Sequence[Item]], list[Result]]) -> None:
        self._write = write
        self._condition = Condition()
        self._waiting: list[_Ticket[Item, Result]] = []
        self._is_writing = False

    def submit(self, items: Sequence[Item]) -> list[Result]:
        """Write some items, perhaps together with others', and give their results."""
        ticket = _Ticket[Item, Result](items)
        with self._condition:
            self._waiting.append(ticket)
            while self._is_writing and not ticket.is_done:
                self._condition.wait()
            if not ticket.is_done:
                self._is_writing = True
                group, self._waiting = self._waiting, []
        if not ticket.is_done:
            self._write_group(group)
        if ticket.error is not None:
            raise ticket.error
        return ticket.results

    def _write_group(self, group: list[_Ticket[Item, Result]]) -> None:
        try:
            self._write_together(group)
        finally:
            with self._condition:
                for ticket in group:
                    ticket.is_done = True
                self._is_writing = False
                self._condition.notify_all()

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
