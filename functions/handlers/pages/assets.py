"""Style sheets, scripts and pictures, each under an address that changes with its content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "static"

_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served."""

    content: bytes
    content_type: str


def asset_address(name: str) -> str:
    """Return where the file `name` is served: `/static/parley.0a1b2c3d4e5f.css`."""
    return f"/static/{_published_names()[name]}"


def published_asset(published_name: str) -> Asset | None:
    """Return the asset behind `/static/<published_name>`, or None where there is none."""
    return _assets().get(published_name)


@cache
def _published_names() -> dict[str, str]:
    return {file.name: _published_name(file) for file in _files()}


@cache
def _assets() -> dict[str, Asset]:
    return {
        _published_name(file): Asset(file.read_bytes(), _CONTENT_TYPES[file.suffix])
        for file in _files()
    }


def _files() -> list[Path]:
    return [file for file in sorted(_FOLDER.iterdir()) if file.suffix in _CONTENT_TYPES]


def _published_name(file: Path) -> str:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    return f"{file.stem}.{digest}{file.suffix}"
