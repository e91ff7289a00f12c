"""An invented network: a company's names lead to servers on loopback, in this process and in its browser alone."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

HTTPS = 443
PORTS = {"https": HTTPS}


class Network:
    """Each name has an address of its own, and each of its ports a port of loopback behind it."""

    def __init__(self) -> None:
        self._addresses: dict[str, str] = {}
        self._ports: dict[tuple[str, int], int] = {}

    def lead(self, name: str, port: int, *, to: int) -> None:
        """From now on `name` is served at this port of loopback."""
        address = self._addresses.setdefault(name, f"10.20.0.{11 + len(self._addresses)}")
        self._ports[address, port] = to

    @property
    def rules(self) -> str:
        """The same for Chromium, on its command line."""
        ports = {name: self._ports.get((address, HTTPS)) for name, address in self._addresses.items()}
        rules = [f"MAP {name} 127.0.0.1:{port}" for name, port in ports.items() if port]
        return f"--host-resolver-rules={', '.join(rules)}"

    @contextmanager
    def in_this_process(self) -> Iterator[None]:
        """Every look-up and every connection of this process goes by these names."""
        looked_up, connected = socket.getaddrinfo, socket.socket.connect

        def look_up(host: Any, port: Any, *arguments: Any, **named: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else host
            return looked_up(self._addresses.get(name, host), PORTS.get(port, port), *arguments, **named)

        def connect(this: socket.socket, address: Any) -> None:
            led = self._ports.get(address[:2]) if isinstance(address, tuple) else None
            connected(this, ("127.0.0.1", led) if led else address)

        socket.getaddrinfo, socket.socket.connect = look_up, connect  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            socket.getaddrinfo, socket.socket.connect = looked_up, connected  # type: ignore[method-assign]
