"""Files that a form sends."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING

from handlers.batch_files import body_of
from handlers.pages.forms import FormRefused

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2


def uploaded(event: APIGatewayProxyEventV2, name: str) -> bytes:
    """Return what is in the file that a field of the form has; nothing where none was chosen.

    Raises:
        FormRefused: The body is no `multipart/form-data` (RFC 7578).
    """
    content_type = event.headers.get("content-type", "")
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + body_of(event))
    if message.get_content_type() != "multipart/form-data" or not message.is_multipart():
        raise FormRefused
    for part in message.iter_parts():
        if part.get_param("name", header="content-disposition") == name:
            content = part.get_payload(decode=True)
            return content if isinstance(content, bytes) else b""
    return b""
