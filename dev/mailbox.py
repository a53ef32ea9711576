"""The mailbox: every mail that Parley has sent on this machine, for people and for tests.

The emulator forgets a raw message's headers and attachments. So functions send to this module,
which hands each request on as it came, signature included, and keeps what the emulator accepts.
"""

import asyncio
import base64
import email
import email.policy
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage, MIMEPart
from functools import cached_property
from pathlib import Path
from typing import Any

import aiohttp
import jinja2
from aiohttp import web

from dev.http_fields import end_to_end

_SEND_EMAIL = "/v2/email/outbound-emails"
"""Source: Amazon SES API v2, SendEmail."""

_LINK = re.compile(r"https?://[^\s<>\"]+")

_PAGES = Path(__file__).parent / "mailbox_pages"

_STYLE_ONLY = "default-src 'none'; style-src 'self'; frame-src 'self'"
_MAIL_ONLY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True)
class Attachment:
    """A part of a mail that is neither its text nor its HTML."""

    number: int
    filename: str
    content_type: str
    """With its parameters, such as "text/calendar; method=REQUEST"."""
    content: bytes


@dataclass(frozen=True)
class Mail:
    """A mail as SES accepted it."""

    id: str
    sent_at: datetime
    recipients: list[str]
    """Whom it was delivered to, whatever its headers say."""
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @property
    def subject(self) -> str:
        # A long subject starts on a line of its own, and the parser keeps the space before it.
        return str(self.message["Subject"]).strip()

    @property
    def text(self) -> str:
        return _content(self.message.get_body(("plain",)))

    @property
    def html(self) -> str:
        return _content(self.message.get_body(("html",)))

    @property
    def attachments(self) -> list[Attachment]:
        bodies = (self.message.get_body(("plain",)), self.message.get_body(("html",)))
        others = [
            part for part in self.message.walk() if not part.is_multipart() and part not in bodies
        ]
        return [_attachment(number, part) for number, part in enumerate(others)]

    @property
    def links(self) -> list[str]:
        """The addresses in the text, in their order, each once."""
        return list(dict.fromkeys(_LINK.findall(self.text)))

    def summary(self) -> dict[str, Any]:
        """Return what a list of mails says about this one."""
        return {
            "id": self.id,
            "to": str(self.message["To"]),
            "from": str(self.message["From"]),
            "reply_to": str(self.message["Reply-To"] or ""),
            "subject": self.subject,
            "sent_at": self.sent_at.isoformat(),
            "recipients": self.recipients,
            "links": self.links,
        }

    def details(self) -> dict[str, Any]:
        """Return everything about this mail."""
        attachments = [
            {
                "filename": attachment.filename,
                "content_type": attachment.content_type,
                "size": len(attachment.content),
                "url": f"/_dev/mailbox/{self.id}/attachments/{attachment.number}",
                "content_base64": base64.b64encode(attachment.content).decode(),
            }
            for attachment in self.attachments
        ]
        headers = [{"name": name, "value": str(value)} for name, value in self.message.items()]
        bodies = {
            "text": self.text,
            "html": self.html,
            "raw": self.raw.decode("utf-8", errors="replace"),
        }
        return self.summary() | bodies | {"headers": headers, "attachments": attachments}


def _content(part: MIMEPart | None) -> str:
    return "" if part is None else str(part.get_content())


def _attachment(number: int, part: MIMEPart) -> Attachment:
    return Attachment(
        number=number,
        filename=part.get_filename() or f"part-{number}.{part.get_content_subtype()}",
        content_type=str(part["Content-Type"]),
        content=bytes(part.get_payload(decode=True)),
    )


class Mailbox:
    """Mails in a folder, one file each: the accepted request beside when it came."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_PAGES), autoescape=True
        )
        self._templates.filters["moment"] = lambda moment: moment.astimezone().strftime(
            "%a %-d %b %Y, %H:%M:%S"
        )

    def keep(self, mail_id: str, request: Mapping[str, Any], sent_at: datetime) -> None:
        """Store a request of SendEmail that was accepted as `mail_id`."""
        name = f"{sent_at:%Y%m%dT%H%M%S%fZ}_{mail_id}.json"
        (self._folder / name).write_text(json.dumps(request))

    def mails(self) -> list[Mail]:
        """Return all mails, newest first."""
        return [_read(path) for path in sorted(self._folder.glob("*.json"), reverse=True)]

    def mail(self, mail_id: str) -> Mail:
        """Return one mail.

        Raises:
            HTTPNotFound: There is none with this id.
        """
        for path in self._folder.glob("*.json"):
            if _id_of(path) == mail_id:
                return _read(path)
        raise web.HTTPNotFound

    def application(self) -> web.Application:
        """Return the pages and the JSON of the mailbox."""
        application = web.Application()
        application.router.add_get("", self._list_page)
        application.router.add_get("/mailbox.css", self._style)
        application.router.add_get("/messages", self._list_json)
        application.router.add_get("/messages/{id}", self._mail_json)
        application.router.add_get("/{id}", self._mail_page)
        application.router.add_get("/{id}/html", self._mail_html)
        application.router.add_get("/{id}/raw", self._mail_raw)
        application.router.add_get("/{id}/attachments/{number}", self._attachment)
        return application

    async def _list_page(self, _: web.Request) -> web.Response:
        return self._page("list.html", mails=self.mails())

    async def _mail_page(self, request: web.Request) -> web.Response:
        return self._page("mail.html", mail=self.mail(request.match_info["id"]))

    async def _list_json(self, _: web.Request) -> web.Response:
        return web.json_response([mail.summary() for mail in self.mails()])

    async def _mail_json(self, request: web.Request) -> web.Response:
        return web.json_response(self.mail(request.match_info["id"]).details())

    async def _mail_html(self, request: web.Request) -> web.Response:
        # A link in the frame opens in the window around it.
        html = '<base target="_top">' + self.mail(request.match_info["id"]).html
        return web.Response(
            text=html, content_type="text/html", headers={"Content-Security-Policy": _MAIL_ONLY}
        )

    async def _mail_raw(self, request: web.Request) -> web.Response:
        return web.Response(body=self.mail(request.match_info["id"]).raw, content_type="text/plain")

    async def _attachment(self, request: web.Request) -> web.Response:
        attachments = {
            str(attachment.number): attachment
            for attachment in self.mail(request.match_info["id"]).attachments
        }
        attachment = attachments.get(request.match_info["number"])
        if attachment is None:
            raise web.HTTPNotFound
        disposition = aiohttp.helpers.content_disposition_header(
            "attachment", filename=attachment.filename
        )
        headers = {"Content-Type": attachment.content_type, "Content-Disposition": disposition}
        return web.Response(body=attachment.content, headers=headers)

    async def _style(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(_PAGES / "mailbox.css")

    def _page(self, template: str, **values: Any) -> web.Response:
        html = self._templates.get_template(template).render(**values)
        return web.Response(
            text=html, content_type="text/html", headers={"Content-Security-Policy": _STYLE_ONLY}
        )


def _id_of(path: Path) -> str:
    return path.stem.partition("_")[2]


def _read(path: Path) -> Mail:
    request = json.loads(path.read_text())
    return Mail(
        id=_id_of(path),
        sent_at=datetime.strptime(path.stem.partition("_")[0], "%Y%m%dT%H%M%S%fZ").replace(
            tzinfo=UTC
        ),
        recipients=request["Destination"]["ToAddresses"],
        raw=base64.b64decode(request["Content"]["Raw"]["Data"]),
    )


class SendingApi:
    """What functions take for SES: the emulator's, with a mailbox that keeps what it accepts."""

    def __init__(
        self,
        mailbox: Mailbox,
        aws: aiohttp.ClientSession,
        aws_url: str,
        tell: Callable[[str, Mapping[str, Any]], None],
    ) -> None:
        """Take requests of SendEmail.

        Args:
            mailbox: Keeps what was accepted.
            aws: Sends what is handed on.
            aws_url: The emulator's address.
            tell: Is called in a thread, after the answer, with what was answered and the request.
        """
        self._mailbox = mailbox
        self._aws = aws
        self._aws_url = aws_url
        self._tell = tell
        self._telling: set[asyncio.Task[None]] = set()

    def application(self) -> web.Application:
        application = web.Application(client_max_size=40 * 1024 * 1024)
        application.router.add_post(_SEND_EMAIL, self._send)
        return application

    async def _send(self, request: web.Request) -> web.Response:
        body = await request.read()
        # Path, host and body unchanged: they are what the function's signature covers.
        async with self._aws.post(
            f"{self._aws_url}{request.raw_path}", headers=request.headers, data=body
        ) as answer:
            accepted = await answer.read()
            if answer.ok:
                message_id, sent = json.loads(accepted)["MessageId"], json.loads(body)
                self._mailbox.keep(message_id.partition("@")[0], sent, datetime.now(UTC))
                telling = asyncio.create_task(asyncio.to_thread(self._tell, message_id, sent))
                # The event loop itself forgets tasks that nobody holds.
                self._telling.add(telling)
                telling.add_done_callback(self._telling.discard)
            return web.Response(
                body=accepted, status=answer.status, headers=end_to_end(answer.headers)
            )
