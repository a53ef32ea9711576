"""How Zoom says no."""

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web


class ApiRefusal(Exception):
    """The API refuses a request.

    Source: https://developers.zoom.us/docs/api/using-zoom-apis/#error-responses
    """

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        errors: list[dict[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self._status = status
        self._body = {"code": code, "message": message} | ({"errors": errors} if errors else {})
        self._headers = headers

    def response(self) -> web.Response:
        return web.json_response(self._body, status=self._status, headers=self._headers)


class TokenRefusal(Exception):
    """The token endpoint refuses a request, with a word of RFC 6749 section 5.2 and a reason.

    The reasons are those that people report from Zoom; its documentation names only numbers:
    https://developers.zoom.us/docs/integrations/oauth-error-messages/
    """

    def __init__(self, error: str, reason: str) -> None:
        super().__init__(error)
        self._body = {"reason": reason, "error": error}

    def response(self) -> web.Response:
        return web.json_response(self._body, status=HTTPStatus.BAD_REQUEST)


def dead_token() -> TokenRefusal:
    """Return what a refresh token gets that was used, replaced or taken back."""
    return TokenRefusal("invalid_grant", "Invalid Token!")
