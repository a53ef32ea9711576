"""Requests for looks at connections, in a FIFO queue of SQS.

Groups are an organization's share: of one group, only one batch is worked on at a time.
"""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from scheduling.provider_ports import QueueUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_sqs import SQSClient

    from scheduling.domain.sync_turns import SyncRequest

AT_ONCE = 10
"""Source: Amazon SQS API reference, SendMessageBatch, the most entries of one request."""


class SqsSyncQueue:
    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, requests: Sequence[SyncRequest]) -> None:
        for some in batched(requests, AT_ONCE, strict=False):
            try:
                answer = self._client.send_message_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {
                            "Id": str(number),
                            "MessageBody": request.written(),
                            "MessageGroupId": request.group,
                            "MessageDeduplicationId": request.deduplication_id,
                        }
                        for number, request in enumerate(some)
                    ],
                )
            except (BotoCoreError, ClientError) as error:
                raise QueueUnavailable from error
            if answer.get("Failed"):
                raise QueueUnavailable(answer["Failed"][0]["Code"])
