"""What guests send when they book, or what staff send for them."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel

from handlers.api.fields import Instant, Minutes, length_of
from scheduling.domain.booking import Answer
from scheduling.use_cases.booking import BookingRequest


class GuestRequest(BaseModel):
    start: Instant
    duration_minutes: Minutes | None = None
    """One of the page's; its first where null."""
    name: str
    email: str
    note: str = ""
    time_zone: str = "UTC"
    """The zone the guest saw the slot in; their mails print times in it."""
    other_guests: list[str] = []
    """Addresses of whom the guest brings along."""
    answers: dict[str, str] = {}
    """By the id of the question."""

    def booking_request(self) -> BookingRequest:
        return BookingRequest(
            start=self.start,
            name=self.name,
            email=self.email,
            note=self.note,
            time_zone=self.time_zone,
            duration=length_of(self.duration_minutes),
            other_guests=self.other_guests,
            answers=self.answers,
        )


class AnswerResponse(BaseModel):
    label: str
    """The question as it was asked."""
    text: str

    @classmethod
    def of(cls, answer: Answer) -> Self:
        return cls(label=answer.label, text=answer.text)
