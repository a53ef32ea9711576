"""How a provider's stand-in is served in tests, and what its pages look like."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web

from dev.home import PROJECT

LOOK = "/_look"
"""Everything below belongs to the page to look into a stand-in; no provider has such paths."""

_PAGES = Path(__file__).parent / "pages"
_STYLES = {
    "parley.css": PROJECT / "functions" / "handlers" / "pages" / "static" / "parley.css",
    "stand_in.css": _PAGES / "stand_in.css",
}

_SECONDS_TO_FINISH = 0.01
"""How long what is being answered may take on: a silent answer would take its time."""

_STYLE_ONLY = "default-src 'none'; style-src 'self'"


class Pages:
    """The pages of one stand-in, in the frame that all share."""

    def __init__(self, folder: Path) -> None:
        """Render templates in `folder`; they extend `frame.html`, and may include `faults.html`."""
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader([folder, _PAGES]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
        )

    def page(self, template: str, status: int = 200, **values: Any) -> web.Response:
        html = self._templates.get_template(template).render(**values, look=LOOK)
        headers = {"Content-Security-Policy": _STYLE_ONLY, "Cache-Control": "no-store"}
        return web.Response(status=status, text=html, content_type="text/html", headers=headers)

    def add_styles(self, application: web.Application) -> None:
        """Let `application` serve the style sheets that the frame names."""
        application.router.add_get(f"{LOOK}/{{style:[a-z_]+\\.css}}", _style)


async def _style(request: web.Request) -> web.FileResponse:
    path = _STYLES.get(request.match_info["style"])
    if path is None:
        raise web.HTTPNotFound
    return web.FileResponse(path)


@contextmanager
def serving_in_thread(application: web.Application) -> Iterator[str]:
    """Serve `application` on a free port until the block ends; give its origin, without a slash."""
    loop = asyncio.new_event_loop()
    over = asyncio.Event()
    # It listens from here on: who comes before the thread is ready waits.
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)

    async def serve() -> None:
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SECONDS_TO_FINISH)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        await over.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
