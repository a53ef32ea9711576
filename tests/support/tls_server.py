"""A server on this machine that answers over TLS with whatever a test says."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

type Respond = Callable[[StreamReader, StreamWriter], Awaitable[None]]


@dataclass
class Authority:
    """Issues certificates that a context trusts."""

    folder: Path
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def __post_init__(self) -> None:
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        self.certificate = self._signed(self.name, self.key, constraints)

    def trusting(self) -> ssl.SSLContext:
        """Return a client's context: the usual one, with this authority in place of the public."""
        context = ssl.create_default_context(
            cadata=self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        )
        # Our certificates are no more elaborate than they have to be.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context

    def context_for(self, host_name: str, *, is_over: bool = False) -> ssl.SSLContext:
        """Return a server's context with a certificate for a name, or one that has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host_name)])
        names: list[x509.GeneralName] = [x509.DNSName(host_name)]
        if host_name == "127.0.0.1":
            names = [x509.IPAddress(ipaddress.ip_address(host_name))]
        alternatives = x509.SubjectAlternativeName(names)
        certificate = self._signed(subject, key, alternatives, is_over=is_over)
        file = self.folder / f"{host_name}-{is_over}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        extension: x509.ExtensionType,
        *,
        is_over: bool = False,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        ends = now + timedelta(days=-1 if is_over else 1)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=2))
            .not_valid_after(ends)
            .add_extension(extension, critical=False)
            .sign(self.key, hashes.SHA256())
        )


@dataclass
class TlsServer:
    port: int
    requests: list[bytes]
    """The heads of all requests so far."""


@contextmanager
def tls_server(respond: Respond, context: ssl.SSLContext) -> Iterator[TlsServer]:
    """Run a server in a thread until the block ends."""
    started = threading.Event()
    running: dict[str, object] = {}
    requests: list[bytes] = []

    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            requests.append(await reader.readuntil(b"\r\n\r\n"))
            await respond(reader, writer)
        except (OSError, EOFError):
            # The client has gone, as it should when it has had enough.
            return
        finally:
            writer.transport.abort()

    async def serve() -> None:
        stop = asyncio.Event()
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
        running.update(
            port=server.sockets[0].getsockname()[1],
            loop=asyncio.get_running_loop(),
            stop=stop,
        )
        started.set()
        await stop.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    started.wait()
    try:
        yield TlsServer(running["port"], requests)
    finally:
        running["loop"].call_soon_threadsafe(running["stop"].set)
        thread.join()
