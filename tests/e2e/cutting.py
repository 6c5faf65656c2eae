"""A network that cuts connections after a random number of bytes, either way."""

import contextlib
import random
import selectors
import socket
import struct
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Self

CHUNK = 64 * 1024
ABRUPT = struct.pack("ii", 1, 0)
"""SO_LINGER that ends a connection by RST, as a lost radio does."""
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Badness:
    """How often, and after how many bytes at most, a connection is cut."""

    upward: float = 0.4
    upward_bytes: int = 16_000
    downward: float = 0.3
    downward_bytes: int = 600


@dataclass
class CuttingNetwork:
    """A proxy in front of the server; use it as a context."""

    server: int
    chance: random.Random
    badness: Badness = field(default_factory=Badness)
    cuts: int = 0
    _lock: Lock = field(default_factory=Lock)
    _ended: Event = field(default_factory=Event)

    def __enter__(self) -> Self:
        """Listen."""
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._socket.settimeout(POLL_SECONDS)
        self._thread = Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take no more connections."""
        self._ended.set()
        self._thread.join()
        self._socket.close()

    @property
    def port(self) -> int:
        """Give where clients connect to."""
        port: int = self._socket.getsockname()[1]
        return port

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                client, _ = self._socket.accept()
            except TimeoutError:
                continue
            budgets = self._budgets()
            Thread(target=self._carry, args=(client, *budgets), daemon=True).start()

    def _budgets(self) -> tuple[int | None, int | None]:
        chance, bad = self.chance, self.badness
        upward = chance.randint(0, bad.upward_bytes)
        downward = chance.randint(0, bad.downward_bytes)
        return (
            upward if chance.random() < bad.upward else None,
            downward if chance.random() < bad.downward else None,
        )

    def _carry(
        self, client: socket.socket, upward: int | None, downward: int | None
    ) -> None:
        """Carry bytes both ways until either side ends or a budget is used up."""
        try:
            server = socket.create_connection(("127.0.0.1", self.server), timeout=10)
        except OSError:
            client.close()
            return
        with client, server, selectors.DefaultSelector() as selector:
            left = {client: upward, server: downward}
            others = {client: server, server: client}
            for each in (client, server):
                selector.register(each, selectors.EVENT_READ)
            with contextlib.suppress(OSError):
                while not self._ended.is_set():
                    for key, _ in selector.select(POLL_SECONDS):
                        source = next(each for each in left if each is key.fileobj)
                        if not self._pass_on(source, others[source], left):
                            return

    def _pass_on(
        self,
        source: socket.socket,
        target: socket.socket,
        left: dict[socket.socket, int | None],
    ) -> bool:
        """Carry what has come from one side; tell whether the connection stands."""
        chunk = source.recv(CHUNK)
        budget = left[source]
        if budget is None:
            target.sendall(chunk)
            return bool(chunk)
        target.sendall(chunk[:budget])
        left[source] = budget - len(chunk)
        if chunk and len(chunk) < budget:
            return True
        with self._lock:
            self.cuts += bool(chunk)
            is_abrupt = self.chance.random() < 0.5
        if is_abrupt:
            for each in (source, target):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABRUPT)
        return False
