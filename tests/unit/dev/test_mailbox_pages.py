import asyncio
import base64
import json
from queue import SimpleQueue

import aiohttp
import pytest
from aiohttp import web

from dev.front import aws_session, serving
from dev.mailbox import Mailbox, SendingApi
from dev.ports import free_ports

MAIL = b"""\
From: Hanami Studio <bookings@parley.example>
To: kenji@tanaka.example
Subject: When do you <have> time?
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=mixed

--mixed
Content-Type: text/plain; charset=utf-8

Say when: http://localhost:8080/l/abc

--mixed
Content-Type: text/calendar; method=REQUEST; name=invitation.ics
Content-Disposition: attachment; filename=invitation.ics

BEGIN:VCALENDAR
END:VCALENDAR

--mixed--
"""

REQUEST = {
    "FromEmailAddress": "bookings@parley.example",
    "Destination": {"ToAddresses": ["kenji@tanaka.example"]},
    "Content": {"Raw": {"Data": base64.b64encode(MAIL).decode()}},
}


@pytest.fixture
def send_and_look(tmp_path):
    """Send a mail to an emulator that answers with a status, then look at pages of the mailbox."""

    async def sending(status, paths):
        ports = free_ports()
        received = []
        told = SimpleQueue()

        async def accept(request):
            received.append((request.headers["Host"], request.headers["Authorization"]))
            return web.json_response({"MessageId": "m1@email.amazonses.com"}, status=status)

        emulator = web.Application()
        emulator.router.add_post("/v2/email/outbound-emails", accept)
        mailbox = Mailbox(tmp_path)
        front = web.Application()
        front.add_subapp("/_dev/mailbox", mailbox.application())
        async with aws_session() as aws, aiohttp.ClientSession() as client:
            aws_url = f"http://127.0.0.1:{ports.aws}"
            api = SendingApi(mailbox, aws, aws_url, lambda *mail: told.put(mail)).application()
            async with (
                serving(emulator, "127.0.0.1", ports.aws),
                serving(api, "127.0.0.1", ports.mail),
                serving(front, "127.0.0.1", ports.front),
            ):
                url = f"http://127.0.0.1:{ports.mail}/v2/email/outbound-emails"
                signed = {"Host": "ses.example", "Authorization": "AWS4-HMAC-SHA256 signature"}
                async with client.post(url, data=json.dumps(REQUEST), headers=signed) as sent:
                    assert sent.status == status
                assert received == [("ses.example", "AWS4-HMAC-SHA256 signature")]
                if status == 200:
                    accepted = await asyncio.to_thread(told.get, timeout=5)
                    assert accepted == ("m1@email.amazonses.com", REQUEST)
                assert told.empty()
                return [await look(client, ports.front, path) for path in paths]

    return lambda status, *paths: asyncio.run(sending(status, paths))


async def look(client, port, path):
    async with client.get(f"http://127.0.0.1:{port}/_dev/mailbox{path}") as page:
        return page.status, page.headers["Content-Type"], await page.text()


def test_a_mail_that_the_emulator_accepted_is_in_the_mailbox(send_and_look):
    in_list, on_page, raw = send_and_look(200, "", "/m1", "/m1/raw")

    assert "When do you &lt;have&gt; time?" in in_list[2]
    assert 'href="/_dev/mailbox/m1"' in in_list[2]
    assert 'href="http://localhost:8080/l/abc"' in on_page[2]
    assert raw[2].encode() == MAIL


def test_a_mail_that_the_emulator_refused_is_not(send_and_look):
    ((_, _, mails),) = send_and_look(403, "/messages")

    assert json.loads(mails) == []


def test_an_attachment_is_served_as_what_it_is(send_and_look):
    details, attachment = send_and_look(200, "/messages/m1", "/m1/attachments/0")

    (described,) = json.loads(details[2])["attachments"]
    assert described["url"] == "/_dev/mailbox/m1/attachments/0"
    assert attachment[:2] == (200, 'text/calendar; method="REQUEST"; name="invitation.ics"')
    assert attachment[2].startswith("BEGIN:VCALENDAR")


@pytest.mark.parametrize("path", ["/nothing", "/messages/nothing", "/m1/attachments/1"])
def test_what_is_not_there_is_not_found(send_and_look, path):
    ((status, _, _),) = send_and_look(200, path)

    assert status == 404
