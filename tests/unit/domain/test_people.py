import pytest

from scheduling.domain.people import normalized_email


@pytest.mark.parametrize(
    "typed", ["kenji@example.org", " Kenji.Tanaka@Example.org ", "a" * 64 + "@example.org", "!@a.b"]
)
def test_an_address_is_trimmed_and_in_lower_case(typed):
    assert normalized_email(typed) == typed.strip().lower()


@pytest.mark.parametrize(
    "typed",
    [
        "kenji",
        "kenji@localhost",
        "@example.org",
        "a" * 65 + "@example.org",
        ".kenji@example.org",
        "kenji.@example.org",
        "kenji..tanaka@example.org",
        "kenji tanaka@example.org",
        "kenji@tanaka@example.org",
        "kenji@example.org\nx",
        "kenji@-example.org",
    ],
)
def test_what_no_mail_can_be_written_to_is_no_address(typed):
    assert normalized_email(typed) is None
