"""The ports of a running Parley, next to each other."""

import errno
import os
import socket
from dataclasses import dataclass

from dev.failures import CannotRun

DEFAULT_PORT = 8080


@dataclass(frozen=True)
class Ports:
    """`front` is the one people use; `aws` is the emulator's; `mail` is where functions send.

    `google` and `zoom` are their stand-ins'.
    """

    front: int

    @property
    def aws(self) -> int:
        return self.front + 1

    @property
    def mail(self) -> int:
        return self.front + 2

    @property
    def google(self) -> int:
        return self.front + 3

    @property
    def zoom(self) -> int:
        return self.front + 4

    @property
    def all(self) -> tuple[int, ...]:
        return (self.front, self.aws, self.mail, self.google, self.zoom)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.front}"

    @property
    def google_origin(self) -> str:
        return f"http://localhost:{self.google}"

    @property
    def zoom_origin(self) -> str:
        return f"http://localhost:{self.zoom}"

    def require_free(self) -> None:
        """Check that nothing else listens on any of them.

        Raises:
            CannotRun: Something does.
        """
        for port in self.all:
            if not is_free(port):
                other = f"PARLEY_PORT={self.front + 100} make dev"
                raise CannotRun(f"Port {port} is used by another program. Elsewhere: {other}")


def is_free(port: int) -> bool:
    """Return whether `port` can be listened on at every address of localhost, IPv4 and IPv6."""
    addresses = {
        address for *_, address in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM)
    }
    return all(_can_listen(address[0], port) for address in addresses)


def _can_listen(host: str | int, port: int) -> bool:
    family = socket.AF_INET6 if ":" in str(host) else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        # Connections of a Parley that has just stopped linger and would be in the way.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as failure:
            # A machine without IPv6 may still list ::1 as an address of localhost.
            return failure.errno == errno.EADDRNOTAVAIL
    return True


def free_ports() -> Ports:
    """Find as many free ports in a row as it takes, for a stack of its own beside others."""
    # From another place for each process, so that two that start at once do not meet.
    first = os.getpid() % 1000
    for number in range(1000):
        front = 18080 + 10 * ((first + number) % 1000)
        ports = Ports(front)
        if all(is_free(port) for port in ports.all):
            return ports
    raise CannotRun("No five free ports in a row between 18080 and 28080.")
