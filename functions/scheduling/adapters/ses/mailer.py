"""Mails through Amazon SES."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import quote
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from scheduling.ports import MailNotAccepted

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import SendEmailRequestTypeDef

    from scheduling.domain.mails import Mailbox, OutgoingMail

_LINE_BREAKING = ("Cc", "Zl", "Zp")
"""Unicode categories of which `str.splitlines`, and with it `email`, ends lines at some."""


class _WholeHeaders(EmailPolicy):
    """SMTP's lines, with subjects and names that read as they were written, and long addresses.

    The standard library's own folding doubles the space at which it breaks a
    line between plain words and an encoded one. `Header` encodes a subject
    that is not ASCII as a whole. An address that is longer than a line it
    would encode, so that nobody can follow it.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        match name:
            case "Subject":
                folded = Header(str(value), header_name=name).encode(linesep=self.linesep)
            case "List-Unsubscribe":
                folded = str(value)
            case "From" | "To" | "Reply-To":
                [mailbox] = value.addresses
                folded = f"{_phrase(mailbox.display_name, name)}<{mailbox.addr_spec}>"
            case _:
                return super().fold_binary(name, value)
        return f"{name}: {folded}{self.linesep}".encode("ascii")


def _phrase(display_name: str, header: str) -> str:
    """Return a name as it stands before an address, on lines of its own; nothing for no name."""
    if not display_name:
        return ""
    encoded = f'"{quote(display_name)}"'
    if not display_name.isascii():
        encoded = Header(display_name, "utf-8", header_name=header).encode(linesep=SMTP.linesep)
    return f"{encoded}{SMTP.linesep} "


_POLICY = _WholeHeaders(linesep=SMTP.linesep)


class SesMailer:
    """Mailer through SES `SendEmail` with the whole message as we wrote it.

    SES puts its own Date and Message-ID in place of ours, so calendars know a
    mail that was sent twice by its UID and SEQUENCE (Source: Amazon SES
    Developer Guide, "Amazon SES header fields").
    """

    def __init__(
        self, client: SESV2Client, address: str, configuration_set: str | None = None
    ) -> None:
        self._client = client
        self._address = address
        self._configuration_set = configuration_set

    @property
    def address(self) -> str:
        return self._address

    def send(self, mail: OutgoingMail) -> str:
        message = mime_message(mail, sender_address=self._address, now=datetime.now(UTC))
        request: SendEmailRequestTypeDef = {
            "FromEmailAddress": self._address,
            "Destination": {"ToAddresses": [mail.recipient.email]},
            "Content": {"Raw": {"Data": message.as_bytes()}},
            "EmailTags": [{"Name": name, "Value": value} for name, value in mail.tags.items()],
        }
        if self._configuration_set:
            request["ConfigurationSetName"] = self._configuration_set
        try:
            return self._client.send_email(**request)["MessageId"]
        except ClientError as reason:
            # The service's own message may quote the recipient's address.
            raise MailNotAccepted(reason.response["Error"]["Code"]) from None
        except BotoCoreError as reason:
            raise MailNotAccepted(type(reason).__name__) from None


def mime_message(mail: OutgoingMail, *, sender_address: str, now: datetime) -> EmailMessage:
    """Return the message that SES is handed.

    Both texts are alternatives of each other. A calendar file comes after them
    as an attachment that names its method, once, in capitals and equal to the
    METHOD inside: Gmail, Outlook and Apple Mail then offer the entry, and a
    program without a calendar offers the file. Sources: RFC 6047 section 2.4;
    for clients that pass over a calendar among the alternatives,
    stackoverflow.com/a/19535685; for the mismatch that Outlook refuses,
    github.com/maevsi/vibetype/pull/2368.

    Raises:
        ValueError: A header would hold a control character.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(mail.sender_name, sender_address)
    message["To"] = _mailbox(mail.recipient)
    message["Reply-To"] = _mailbox(mail.reply_to)
    message["Subject"] = _header_text(mail.rendered.subject)
    message["Date"] = now
    domain = sender_address.partition("@")[2]
    message["Message-ID"] = _header_text(f"<{mail.message_id}@{domain}>")
    # Out-of-office programs do not answer this. Source: RFC 3834 section 5.
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe_url:
        # One press in the mail program sends a POST. Source: RFC 8058 section 3.1.
        message["List-Unsubscribe"] = f"<{_header_text(mail.unsubscribe_url)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.rendered.text)
    message.add_alternative(mail.rendered.html, subtype="html")
    if mail.calendar_method is not None:
        message.add_attachment(
            mail.calendar_file,
            maintype="text",
            subtype="calendar",
            filename="invite.ics",
            params={
                "method": mail.calendar_method.value,
                "charset": "utf-8",
                "name": "invite.ics",
            },
        )
    return message


def _mailbox(mailbox: Mailbox) -> Address:
    return _address(mailbox.name, mailbox.email)


def _address(name: str, address: str) -> Address:
    return Address(display_name=_header_text(name), addr_spec=_header_text(address))


def _header_text(text: str) -> str:
    if any(unicodedata.category(character) in _LINE_BREAKING for character in text):
        raise ValueError("a header of a mail has no control characters")
    return text
