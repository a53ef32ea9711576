"""The page functions in this process, for a browser: quick, in states that take days to reach."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from dev import styleguide
from tests.unit.pages.site import SESSION_SECRET, Browser

if TYPE_CHECKING:
    from collections.abc import Iterator


class SiteServer(ThreadingHTTPServer):
    """Serves pages and style guide to Aiko, who is signed in wherever she comes from."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Requests)
        self.page_sizes: dict[str, int] = {}
        """The bytes of HTML of each page that was served, by its path."""
        self.function = threading.Lock()
        """A function has one request at a time, in Lambda too."""

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.server_port}"


class _Requests(BaseHTTPRequestHandler):
    server: SiteServer

    def do_GET(self) -> None:
        if self.path.startswith(styleguide.ADDRESS):
            path = self.path.removeprefix(styleguide.ADDRESS)
            status, content_type, body = styleguide.render(path)
            self._answer(status, [("Content-Type", content_type)], body)
        else:
            self._ask_the_functions(None)

    def do_POST(self) -> None:
        self._ask_the_functions(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _ask_the_functions(self, body: str | None) -> None:
        cookies = SimpleCookie(self.headers.get("Cookie"))
        browser = Browser(
            {"__Host-session": SESSION_SECRET} | {name: cookies[name].value for name in cookies}
        )
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.server.function:
            answer = browser.send(self.command, self.path, body, headers)
        sent = answer.body.encode()
        if answer.headers["Content-Type"].startswith("text/html"):
            self.server.page_sizes[self.path] = len(sent)
        set_cookies = [("Set-Cookie", header) for header in answer.cookies.values()]
        self._answer(answer.status, [*answer.headers.items(), *set_cookies], sent)

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing: what a test wants to know, it asks the browser."""


@contextmanager
def serving_pages() -> Iterator[SiteServer]:
    """Serve whatever site is behind the page functions, until the block ends."""
    with SiteServer() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
