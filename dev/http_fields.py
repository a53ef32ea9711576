"""Which fields of an HTTP message a proxy passes on."""

from multidict import CIMultiDict, MultiMapping

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Fields about one connection, not about the message. Source: RFC 9110 section 7.6.1."""


def end_to_end(headers: MultiMapping[str]) -> CIMultiDict[str]:
    """Return the fields that are about the message, in their order, repeated ones repeated."""
    named = {
        name.strip().lower()
        for value in headers.getall("Connection", [])
        for name in value.split(",")
    }
    return CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP | named
    )
