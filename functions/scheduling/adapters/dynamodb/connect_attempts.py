"""Those who were sent to a provider and have not come back, in DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.table import (
    CONDITION_FAILED,
    decoded,
    encoded,
    from_seconds,
    to_seconds,
)
from scheduling.domain.connections import ConnectionKey, Platform, Provider
from scheduling.provider_ports import ConnectAttempt

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling.adapters.dynamodb.table import Table


class DynamoDbConnectAttempts:
    def __init__(self, access: Table) -> None:
        self._access = access

    def add(self, attempt: ConnectAttempt) -> None:
        expires_at = to_seconds(attempt.expires_at)
        self._access.put_new(
            {
                **keys.connect_attempt(attempt.state_hash),
                "state_hash": attempt.state_hash,
                "session_hash": attempt.session_hash,
                "organization_id": attempt.key.organization_id,
                "member_id": attempt.key.member_id,
                "provider": attempt.key.provider.value,
                "platforms": sorted(attempt.platforms),
                "verifier": attempt.verifier,
                "nonce": attempt.nonce,
                "redirect_uri": attempt.redirect_uri,
                "expires_at": expires_at,
                "ttl": expires_at,
            }
        )

    def take(
        self, state_hash: str, *, session_hash: str, provider: Provider, now: datetime
    ) -> ConnectAttempt | None:
        try:
            answer = self._access.client.delete_item(
                TableName=self._access.name,
                Key=encoded(keys.connect_attempt(state_hash)),
                ConditionExpression=(
                    "session_hash = :session AND provider = :provider AND expires_at > :now"
                ),
                ExpressionAttributeValues=encoded(
                    {
                        ":session": session_hash,
                        ":provider": provider.value,
                        ":now": to_seconds(now),
                    }
                ),
                ReturnValues="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == f"{CONDITION_FAILED}Exception":
                return None
            raise
        item = decoded(answer["Attributes"])
        return ConnectAttempt(
            state_hash=item["state_hash"],
            session_hash=item["session_hash"],
            key=ConnectionKey(
                item["organization_id"], item["member_id"], Provider(item["provider"])
            ),
            platforms=frozenset(map(Platform, item["platforms"])),
            verifier=item["verifier"],
            nonce=item["nonce"],
            redirect_uri=item["redirect_uri"],
            expires_at=from_seconds(item["expires_at"]),
        )
