"""What is taken out of what is kept when somebody is erased."""

from dataclasses import replace

import pytest

from scheduling.domain.booking import Answer
from scheduling.domain.booking_page import Question
from scheduling.domain.erasure import Person, booking_without, page_without, rows_without
from scheduling.domain.member_imports import ImportRow
from scheduling.domain.people import Guest
from tests.support.builders import a_booking, a_page, an_external_member, between, host_of

KENJI = an_external_member()
PERSON = Person(KENJI.email, frozenset({KENJI.name}), frozenset({KENJI.external_member_id}))
TIME = between("10:00", "10:30")


def called(name):
    return Person("somebody@example.org", frozenset({name}))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Kenji Tanaka", "kenji-tanaka-k7d2xm4q"),
        ("Kenji Tanaka", "Talk to KENJI"),
        ("Kenji Tanaka", "write to Somebody@example.org"),
        ("Jürgen Müller", "jurgen-muller-k7d2xm4q"),
        ("Jürgen Müller", "Ein Gespräch mit Jurgen"),
        ("Søren Ærø", "sren-k7d2xm4q"),
        ("森 花子", "森花子との面談"),
    ],
)
def test_somebody_is_in_a_text_that_has_any_part_of_what_they_are_called(name, text):
    assert called(name).is_in(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [("Kim Li", "For clients of Kimberly"), ("Ana", "Banana"), ("A B", "Plan B"), ("", "Talk")],
)
def test_a_part_of_another_word_is_nobodys_name(name, text):
    assert not called(name).is_in(text)


def test_only_a_whole_name_tells_who_is_meant_where_a_text_may_be_about_anybody():
    assert called("Mia Weber").is_named_in("With Mia Weber")
    assert not called("Mia Weber").is_named_in("With Mia")
    assert not called("Mia").is_named_in("With Mia")


def test_a_host_leaves_their_place_and_what_the_meeting_was_called_after_them():
    booking = replace(
        a_booking(KENJI, TIME),
        title="Kenji Tanaka",
        booking_page_slug="kenji-tanaka-k7d2xm4q",
        reason="Kenji is ill",
    )

    erased = booking_without(PERSON, booking)

    assert [host.key for host in erased.hosts] == [host.key for host in booking.hosts]
    assert (erased.host_names, erased.title, erased.booking_page_slug) == (("",), "", "")
    assert (erased.reason, erased.location, erased.guest) == ("", "Studio 2", booking.guest)
    assert (erased.claim, erased.version, erased.state) == (
        booking.claim,
        booking.version,
        booking.state,
    )
    assert erased.erasures == 1


def test_a_guest_leaves_nothing_that_they_said_and_nothing_a_guess_could_be_tested_with():
    guest = Guest("Mia Weber", "mia@guest.example", "My phone is 555-0199", "Europe/Berlin")
    booking = replace(a_booking(KENJI, TIME, guest), answers=(Answer("Why?", "Because"),))

    erased = booking_without(Person(guest.email, frozenset({guest.name})), booking)

    assert erased.guest == Guest("", "", "", "UTC")
    assert (erased.answers, erased.fingerprint) == ((), "erased")
    assert (erased.title, erased.hosts) == (booking.title, booking.hosts)


def test_whoever_was_brought_along_leaves_a_gap_so_that_the_others_keep_their_numbers():
    booking = replace(a_booking(KENJI, TIME), other_guests=("ana@x.example", "ben@x.example"))

    erased = booking_without(Person("ana@x.example"), booking)

    assert erased.other_guests == ("", "ben@x.example")
    assert erased.guest == booking.guest


def test_a_booking_of_others_stays_as_it_is():
    booking = a_booking(KENJI, TIME)

    assert (
        booking_without(Person("noor@guest.example", frozenset({"Noor Ali"})), booking) is booking
    )


def test_what_was_erased_has_nothing_more_to_erase():
    once = booking_without(PERSON, a_booking(KENJI, TIME))

    assert booking_without(PERSON, once) is once


def test_a_page_ends_with_its_only_host_and_goes_on_with_the_others():
    page = a_page(KENJI)
    other = host_of(an_external_member()).key
    shared = replace(page, slug="two", hosts=(*page.hosts, other), needed_hosts=2)

    assert page_without(PERSON, page) is None
    assert page_without(PERSON, shared) == replace(
        shared, hosts=(other,), needed_hosts=1, version=shared.version + 1
    )


@pytest.mark.parametrize(
    "said",
    [
        {"title": "Meet Kenji Tanaka"},
        {"slug": "kenji-tanaka-k7d2xm4q"},
        {"description": "Ask kenji@example.org"},
        {"questions": (Question("q", "Do you know Kenji Tanaka?"),)},
    ],
)
def test_a_page_that_bears_somebodys_name_ends_whoever_its_host_is(said):
    page = replace(a_page(an_external_member()), **{"slug": "talk", **said})

    assert page_without(PERSON, page) is None


def test_a_page_of_somebody_with_a_similar_name_stays():
    page = replace(a_page(an_external_member()), slug="kenji-sato", title="Kenji Sato")

    assert page_without(PERSON, page) is page


def test_of_a_file_their_own_row_is_emptied_and_the_others_no_longer_name_them():
    own = ImportRow(2, {"email": "Kenji@Example.org", "name": "Kenji Tanaka"})
    other = ImportRow(3, {"email": "ben@x.example", "manager": "kenji@example.org"})

    first, second = rows_without(PERSON, [own, other])

    assert first == replace(own, cells={})
    assert second == replace(other, cells={"email": "ben@x.example", "manager": ""})
