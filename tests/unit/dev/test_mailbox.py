import base64
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from dev.mailbox import Mailbox

MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def mailbox(tmp_path):
    return Mailbox(tmp_path / "mails")


def a_mail():
    message = EmailMessage()
    message["From"] = "Hanami Studio <bookings@parley.example>"
    message["To"] = "Kenji Tanaka <kenji@tanaka.example>"
    message["Reply-To"] = "Aiko Mori <aiko@hanami.example>"
    message["Subject"] = "花見: when do you have time?"
    message.set_content(
        "Say when: http://localhost:8080/l/abc\nOnce more: http://localhost:8080/l/abc\n"
    )
    message.add_alternative(
        '<p><a href="http://localhost:8080/l/abc">Say when</a></p>', subtype="html"
    )
    message.add_attachment(
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        maintype="text",
        subtype="calendar",
        filename="invitation.ics",
        params={"method": "REQUEST"},
    )
    return message


def request_of(message, recipient="kenji@tanaka.example"):
    raw = base64.b64encode(message.as_bytes()).decode()
    return {"Destination": {"ToAddresses": [recipient]}, "Content": {"Raw": {"Data": raw}}}


def test_a_list_of_mails_says_who_wrote_to_whom_about_what_and_where_it_leads(mailbox):
    mailbox.keep("m1", request_of(a_mail()), MORNING)

    (mail,) = mailbox.mails()

    assert mail.summary() == {
        "id": "m1",
        "to": "Kenji Tanaka <kenji@tanaka.example>",
        "from": "Hanami Studio <bookings@parley.example>",
        "reply_to": "Aiko Mori <aiko@hanami.example>",
        "subject": "花見: when do you have time?",
        "sent_at": "2026-11-23T09:00:00+00:00",
        "recipients": ["kenji@tanaka.example"],
        "links": ["http://localhost:8080/l/abc"],
    }


def test_a_mail_shows_its_parts_and_its_source(mailbox):
    mailbox.keep("m1", request_of(a_mail()), MORNING)

    details = mailbox.mail("m1").details()

    assert details["text"].startswith("Say when: ")
    assert details["html"].startswith("<p>")
    assert details["raw"].startswith("From: Hanami Studio")
    (attachment,) = details["attachments"]
    assert attachment["filename"] == "invitation.ics"
    assert attachment["content_type"] == 'text/calendar; method="REQUEST"'
    assert base64.b64decode(attachment["content_base64"]).startswith(b"BEGIN:VCALENDAR")


def test_a_subject_folded_right_after_its_name_has_no_space_before_it(mailbox):
    message = a_mail()
    raw = message.as_bytes().replace(b"Subject: ", b"Subject:\n ")
    request = request_of(message)
    request["Content"]["Raw"]["Data"] = base64.b64encode(raw).decode()

    mailbox.keep("m1", request, MORNING)

    assert mailbox.mail("m1").subject == "花見: when do you have time?"


def test_the_newest_mail_comes_first_and_all_survive_a_restart(mailbox, tmp_path):
    mailbox.keep("z-first", request_of(a_mail()), MORNING)
    mailbox.keep("a-second", request_of(a_mail()), MORNING + timedelta(seconds=1))

    again = Mailbox(tmp_path / "mails")

    assert [mail.id for mail in again.mails()] == ["a-second", "z-first"]
