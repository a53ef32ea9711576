"""Which addresses of calendars are taken at all (threat T35)."""

import pytest

from scheduling.domain.feeds import checked_address
from scheduling.domain.refusals import InvalidInput

HOSTILE = {
    "": "missing",
    "   ": "missing",
    "https://example.org/" + "a" * 2000: "too_long",
    "calendar.example.org/a.ics": "unreadable",
    "//calendar.example.org/a.ics": "not_https",
    "https:/calendar.example.org/a.ics": "unreadable",
    "https:calendar.example.org/a.ics": "unreadable",
    "https:///a.ics": "unreadable",
    "https://": "unreadable",
    "https://calendar.example.org/a b": "unreadable",
    "https://calendar.example.org/a\tb": "unreadable",
    "https://calendar.example.org/a\r\nHost: localhost": "unreadable",
    "https://calendar.example.org/\x00": "unreadable",
    "https://calendar.example.org\\@localhost/": "unreadable",
    "https://calendar.example.org/ä": "unreadable",
    "https://kalender.müller.example/": "unreadable",
    "https://\uff4cocalhost/": "unreadable",
    "https://①②⑦.⓪.⓪.①/": "unreadable",
    "https://[::1/": "unreadable",
    "https://[x]/": "unreadable",
    "https://example.org:port/": "unreadable",
    "https://example.org:99999/": "unreadable",
    "http://calendar.example.org/a.ics": "not_https",
    "HTTP://calendar.example.org/a.ics": "not_https",
    "ftp://calendar.example.org/a.ics": "not_https",
    "file://localhost/etc/passwd": "not_https",
    "gopher://calendar.example.org/_x": "not_https",
    "dict://calendar.example.org:11211/": "not_https",
    "ldap://calendar.example.org/": "not_https",
    "javascript://calendar.example.org/%0aalert(1)": "not_https",
    "webcal2://calendar.example.org/": "not_https",
    "https://user@calendar.example.org/": "has_user",
    "https://user:password@calendar.example.org/": "has_user",
    "https://calendar.example.org@localhost/": "has_user",
    "https://localhost@calendar.example.org/": "has_user",
    "webcal://:@calendar.example.org/": "has_user",
    "https://calendar.example.org:80/": "other_port",
    "https://calendar.example.org:22/": "other_port",
    "https://calendar.example.org:8443/": "other_port",
    "https://calendar.example.org:0/": "other_port",
    "https://localhost/": "not_public",
    "https://LOCALHOST/": "not_public",
    "https://localhost./": "not_public",
    "https://127.0.0.1/": "not_public",
    "https://127.1/": "not_public",
    "https://0177.0.0.1/": "not_public",
    "https://0x7f.0.0.1/": "not_public",
    "https://0x7f000001/": "not_public",
    "https://2130706433/": "not_public",
    "https://017700000001/": "not_public",
    "https://127.0.0.1./": "not_public",
    "https://0/": "not_public",
    "https://0.0.0.0/": "not_public",
    "https://10.0.0.1/": "not_public",
    "https://169.254.169.254/latest/meta-data/": "not_public",
    "https://169.254.170.2/v2/credentials": "not_public",
    "https://8.8.8.8/": "not_public",
    "https://1.2.3.0x4/": "not_public",
    "https://[::1]/": "not_public",
    "https://[::]/": "not_public",
    "https://[::ffff:127.0.0.1]/": "not_public",
    "https://[::ffff:7f00:1]/": "not_public",
    "https://[fe80::1%25eth0]/": "not_public",
    "https://[fd00:ec2::254]/": "not_public",
    "https://[64:ff9b::7f00:1]/": "not_public",
    "https://[2002:7f00:1::]/": "not_public",
    "https://[2606:4700::1111]/": "not_public",
    "https://metadata/": "not_public",
    "https://example..org/": "not_public",
    "https://.example.org/": "not_public",
    "https://-example.org/": "not_public",
    "https://ex_ample.org/": "not_public",
    "https://example.org../": "not_public",
    "https://example%2eorg/": "not_public",
    f"https://{'a' * 64}.example.org/": "not_public",
    f"https://{'a.' * 127}org/": "not_public",
}


@pytest.mark.parametrize(("typed", "code"), HOSTILE.items(), ids=range(len(HOSTILE)))
def test_t35_a_hostile_address_is_refused(typed, code):
    with pytest.raises(InvalidInput) as refused:
        checked_address(typed)

    assert [(each.field, each.code) for each in refused.value.problems] == [("address", code)]


def test_t35_sixty_hostile_addresses_are_tried():
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize(
    ("typed", "url"),
    {
        "https://calendar.google.com/calendar/ical/k%40example.org/private-1f/basic.ics": None,
        "https://outlook.office365.com/owa/calendar/1f@example.org/2e/calendar.ics": None,
        "https://calendar.example.org/a.ics?key=1&more=%20": None,
        "https://calendar.example.org:443/a.ics": "https://calendar.example.org/a.ics",
        "webcal://p01-caldav.icloud.com/published/2/x": (
            "https://p01-caldav.icloud.com/published/2/x"
        ),
        "WebCals://Calendar.Example.ORG/A.ics": "https://calendar.example.org/A.ics",
        "  https://calendar.example.org/a.ics\n": "https://calendar.example.org/a.ics",
        "https://calendar.example.org/a.ics#today": "https://calendar.example.org/a.ics",
        "https://calendar.example.org": "https://calendar.example.org/",
        "https://calendar.example.org?key=1": "https://calendar.example.org/?key=1",
        "https://calendar.example.org./a": "https://calendar.example.org/a",
        "https://xn--kalender-mller-jsb.example/a": None,
    }.items(),
)
def test_the_address_of_a_calendar_is_taken_as_https(typed, url):
    assert checked_address(typed).url == (url or typed)


def test_an_address_keeps_its_secret_when_it_is_printed():
    address = checked_address("https://calendar.example.org/private-7f3a/basic.ics")

    assert repr(address) == "FeedAddress(host_name='calendar.example.org')"
