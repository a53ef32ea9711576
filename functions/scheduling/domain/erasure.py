"""Taking a person out of what is kept: times and history stay, and nothing tells whose they were.

What is taken out becomes empty. Whoever shows it says "Erased person", in the reader's language.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scheduling.domain.availability import Availability
from scheduling.domain.people import Guest, comparable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from scheduling.domain.booking import Booking
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.member_imports import ImportRow
    from scheduling.domain.people import ExternalMember, Member

_ZONE = "UTC"
"""Where somebody is tells of them, too."""

_SHORTEST_PART = 2
"""Of a name: one letter says nothing."""

_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
"""Kana and Chinese characters: words are written without anything between them."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever has an address, under all the names and ids that an organization knows them by."""

    email: str
    names: frozenset[str] = frozenset()
    host_ids: frozenset[str] = frozenset()
    """As a member and as external members."""

    def is_in(self, text: str) -> bool:
        """Tell whether a text about them has their address or any part of their names."""
        return self._is_addressed_in(text) or any(_has(text, part) for part in self._parts())

    def is_named_in(self, text: str) -> bool:
        """Tell whether any text has their address, or a name of theirs from first to last word."""
        whole = (name for name in self.names if len(_words(name).split()) > 1)
        return self._is_addressed_in(text) or any(_has(text, name) for name in whole)

    def _is_addressed_in(self, text: str) -> bool:
        return self.email in text.lower()

    def _parts(self) -> Iterator[str]:
        for name in self.names:
            # Addresses of pages are made of the letters of a name that ASCII has.
            for spelling in (_words(name), name.encode("ascii", "ignore").decode()):
                yield from (part for part in spelling.split() if len(part) >= _SHORTEST_PART)


def booking_without(person: Person, booking: Booking) -> Booking:
    """Return a booking with nothing of a person in it; as it is where there is nothing.

    Who takes part keeps their place, so that messages still find the others by theirs.
    """
    is_guest = booking.guest.email == person.email
    is_brought_along = person.email in booking.other_guests
    is_host = not person.host_ids.isdisjoint(booking.host_ids)
    # Of meetings that were theirs as a host, the title is often their name.
    is_theirs = is_host or person.is_named_in(f"{booking.booking_page_slug}\n{booking.title}")
    about = person.is_in if is_theirs else person.is_named_in
    of_guest = person.is_in if is_theirs or is_brought_along else person.is_named_in
    guest = replace(booking.guest, note=_without(booking.guest.note, of_guest))
    answers = tuple(
        replace(answer, text=_without(answer.text, of_guest)) for answer in booking.answers
    )
    takes_part = is_guest or is_brought_along or is_host
    erased = replace(
        booking,
        title=_without(booking.title, about),
        location=_without(booking.location, about),
        booking_page_slug=_without(booking.booking_page_slug, about),
        hosts=tuple(
            replace(host, name="") if host.host_id in person.host_ids else host
            for host in booking.hosts
        ),
        guest=Guest("", "", "", _ZONE) if is_guest else guest,
        answers=() if is_guest else answers,
        other_guests=tuple(
            "" if address == person.email else address for address in booking.other_guests
        ),
        reason="" if takes_part else _without(booking.reason, about),
        # It is a digest of who the guests are: whoever guesses them could test the guess.
        fingerprint="erased"
        if booking.fingerprint and (is_guest or is_brought_along)
        else booking.fingerprint,
    )
    return booking if erased == booking else replace(erased, erasures=booking.erasures + 1)


def page_without(person: Person, page: BookingPage) -> BookingPage | None:
    """Return a page without a host; None where it was theirs alone, or bears their name."""
    hosts = tuple(host for host in page.hosts if host.host_id not in person.host_ids)
    is_theirs = hosts != page.hosts
    about = person.is_in if is_theirs else person.is_named_in
    said = [page.slug, page.title, page.description, page.location]
    asked = [text for question in page.questions for text in (question.label, *question.choices)]
    if not hosts or any(map(about, (*said, *asked))):
        return None
    if not is_theirs:
        return page
    needed = None if page.needed_hosts is None else min(page.needed_hosts, len(hosts))
    return replace(page, hosts=hosts, needed_hosts=needed, version=page.version + 1)


def external_member_without_identity(member: ExternalMember) -> ExternalMember:
    """Return what is kept of an external member: that there was one, and when they were asked."""
    return replace(
        member,
        name="",
        email="",
        booking_page_slug="",
        request=replace(member.request, terms=replace(member.request.terms, message="")),
        availability=Availability(member.availability.version + 1, _ZONE, ()),
        version=member.version + 1,
    )


def member_without_identity(member: Member) -> Member:
    """Return what is kept of a former member: that there was one, and from when to when."""
    return replace(
        member,
        name="",
        email="",
        time_zone=_ZONE,
        locale="",
        department_id="",
        designation_id="",
        manager_id="",
        version=member.version + 1,
    )


def rows_without(person: Person, rows: Sequence[ImportRow]) -> list[ImportRow]:
    """Return rows of a file without a person: without their own row's cells, and named nowhere."""
    return [replace(row, cells=_cells_without(person, row)) for row in rows]


def is_row_of(person: Person, row: ImportRow) -> bool:
    return row["email"].lower() == person.email


def _cells_without(person: Person, row: ImportRow) -> dict[str, str]:
    if is_row_of(person, row):
        return {}
    return {column: _without(cell, person.is_named_in) for column, cell in row.cells.items()}


def known_as(
    email: str,
    members: Sequence[Member],
    external_members: Sequence[ExternalMember],
    bookings: Sequence[Booking],
) -> Person:
    """Return whoever has an address, with what they are called wherever they appear under it."""
    names = [member.name for member in members]
    names += [member.name for member in external_members]
    names += [booking.guest.name for booking in bookings if booking.guest.email == email]
    ids = [member.member_id for member in members]
    ids += [member.external_member_id for member in external_members]
    return Person(email, frozenset(filter(None, names)), frozenset(ids))


def _without(text: str, is_in: Callable[[str], bool]) -> str:
    return "" if is_in(text) else text


def _has(text: str, sought: str) -> bool:
    """Tell whether a text has words one after the other; case, accents and hyphens are nothing."""
    if _WITHOUT_SPACES.search(sought):
        return _words(sought).replace(" ", "") in _words(text).replace(" ", "")
    return f" {_words(sought)} " in f" {_words(text)} "


def _words(text: str) -> str:
    plain = (letter for letter in comparable(text) if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", "".join(plain)))
