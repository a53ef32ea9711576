"""The road through the JSON API, on whatever answers HTTP: this process or a deployed stack.

Each step asserts what its answer promises and returns what the next step needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from scheduling.domain.people import masked_email

if TYPE_CHECKING:
    import httpx


@dataclass
class Road:
    """One walk: the admin's client, the public's client, and what was learned on the way."""

    admin: httpx.Client
    public: httpx.Client
    day: datetime = field(
        default_factory=lambda: (datetime.now(UTC) + timedelta(days=3)).replace(
            hour=1, minute=0, second=0, microsecond=0
        )
    )
    """10:00 in Tokyo, three days from now."""
    guest_email: str = "mia@guest.example"

    def sign_in(self, token: str) -> dict[str, Any]:
        """Use a sign-in link and return who is signed in."""
        answer = self.admin.post("/api/sessions", json={"token": token})
        assert answer.status_code == 204, answer.text
        [cookie] = [
            header
            for header in answer.headers.get_list("set-cookie")
            if header.startswith("__Host-session=")
        ]
        for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert attribute in cookie
        # The cookie is for HTTPS; a browser takes http://localhost for as good, httpx does not.
        self.admin.headers["cookie"] = cookie.partition(";")[0]
        who = self.admin.get("/api/sessions/current")
        assert who.status_code == 200, who.text
        found: dict[str, Any] = who.json()
        return found

    def connect_external_members(self) -> None:
        answer = self.admin.put(
            "/api/organization/features/external_members", json={"enabled": True}
        )
        assert answer.status_code == 200, answer.text

    def invite(self, **details: Any) -> dict[str, Any]:
        self.connect_external_members()
        members = self.admin.get("/api/members").json()["items"]
        invitation = {
            "name": "Kenji Tanaka",
            "email": "kenji@example.org",
            "person_in_charge_id": members[0]["member_id"],
            "title": "Portfolio review",
            "durations_minutes": [30],
            "minimum_notice_minutes": 0,
        }
        answer = self.admin.post("/api/external-members", json=invitation | details)
        assert answer.status_code == 201, answer.text
        member: dict[str, Any] = answer.json()
        assert not member["answered"]
        listed = self.admin.get("/api/external-members").json()["items"]
        assert member["external_member_id"] in {item["external_member_id"] for item in listed}
        return member

    def find_not_open(self, slug: str) -> None:
        page = self.public.get(f"/api/booking-pages/{slug}")
        assert page.status_code == 200, page.text
        assert page.json()["active"] is False
        for answer in (
            self.public.get(f"/api/booking-pages/{slug}/slots"),
            self.post_booking(slug, self.day),
        ):
            assert answer.status_code == 409, answer.text
            assert answer.json()["code"] == "page_inactive"

    def enter_times(self, token: str, *, version: int = 0) -> dict[str, Any]:
        """Save 10:00–12:00 and 14:00–15:00 in Tokyo, with nothing but the link."""
        mine = {"Authorization": f"Bearer {token}"}
        before = self.public.get("/api/availability", headers=mine)
        assert before.status_code == 200, before.text
        assert before.json()["version"] == version
        hours = [(0, 2), (4, 5)]
        windows = [
            {
                "start": (self.day + timedelta(hours=first)).isoformat(),
                "end": (self.day + timedelta(hours=last)).isoformat(),
            }
            for first, last in hours
        ]
        saved = self.public.put(
            "/api/availability",
            headers=mine,
            json={"version": version, "time_zone": "Asia/Tokyo", "windows": windows},
        )
        assert saved.status_code == 200, saved.text
        again = self.public.put(
            "/api/availability",
            headers=mine,
            json={"version": version, "time_zone": "Asia/Tokyo", "windows": windows},
        )
        assert again.status_code == 409
        assert again.json()["current_version"] == version + 1
        result: dict[str, Any] = saved.json()
        return result

    def staff_reads_times(self, external_member_id: str) -> list[dict[str, str]]:
        answer = self.admin.get(f"/api/external-members/{external_member_id}/availability")
        assert answer.status_code == 200, answer.text
        windows: list[dict[str, str]] = answer.json()["windows"]
        return windows

    def make_page(self, *hosts: dict[str, str], key: str = "", **settings: Any) -> dict[str, Any]:
        """Make a page of half hours at no notice, of the admin unless hosts are given."""
        answer = self.post_page(*hosts, key=key, **settings)
        assert answer.status_code == 201, answer.text
        page: dict[str, Any] = answer.json()
        return page

    def post_page(self, *hosts: dict[str, str], key: str = "", **settings: Any) -> httpx.Response:
        me = self.admin.get("/api/sessions/current").json()["member_id"]
        usual = {
            "title": "Portfolio review",
            "hosts": hosts or [{"kind": "member", "host_id": me}],
            "person_in_charge_id": me,
            "minimum_notice_minutes": 0,
        }
        headers = {"Idempotency-Key": key} if key else {}
        return self.admin.post("/api/booking-pages", json=usual | settings, headers=headers)

    def slots(self, slug: str, **more: Any) -> list[str]:
        span = {
            "from": self.day.isoformat(),
            "to": (self.day + timedelta(days=1)).isoformat(),
            "time_zone": "Europe/Berlin",
        }
        answer = self.public.get(f"/api/booking-pages/{slug}/slots", params=span | more)
        assert answer.status_code == 200, answer.text
        return [item["start"] for item in answer.json()["items"]]

    def post_hold(self, slug: str, start: datetime, **details: Any) -> httpx.Response:
        headers = {"Idempotency-Key": details.pop("key")} if "key" in details else {}
        return self.public.post(
            f"/api/booking-pages/{slug}/holds",
            json={"start": start.isoformat()} | details,
            headers=headers,
        )

    def hold(self, slug: str, start: datetime, **details: Any) -> str:
        """Keep a slot and return the id of the hold."""
        answer = self.post_hold(slug, start, **details)
        assert answer.status_code == 201, answer.text
        hold_id: str = answer.json()["hold_id"]
        return hold_id

    def post_booking(self, slug: str, start: datetime, **details: Any) -> httpx.Response:
        headers = {"Idempotency-Key": details.pop("key")} if "key" in details else {}
        guest = {
            "start": start.isoformat(),
            "name": "Mia Weber",
            "email": self.guest_email,
            "note": "Looking forward to it",
            "time_zone": "Europe/Berlin",
        }
        return self.public.post(
            f"/api/booking-pages/{slug}/bookings", json=guest | details, headers=headers
        )

    def book(self, slug: str) -> dict[str, Any]:
        """Book the first slot, lose the race for it with another guest, and look at the booking."""
        answer = self.post_booking(slug, self.day, key="a form")
        assert answer.status_code == 201, answer.text
        booked: dict[str, Any] = answer.json()
        assert self.post_booking(slug, self.day, key="a form").json() == booked
        late = self.post_booking(slug, self.day, name="Noor Ali", email="noor@guest.example")
        assert late.status_code == 409
        assert late.json()["code"] == "slot_taken"
        assert len(late.json()["alternatives"]) == 3
        mine = self.public.get("/api/guest/booking", headers=self.as_guest(booked))
        assert mine.status_code == 200, mine.text
        assert mine.json()["guest_email"] == masked_email(self.guest_email)
        listed = self.admin.get("/api/bookings").json()["items"]
        assert booked["booking_id"] in {item["booking_id"] for item in listed}
        one = self.admin.get(f"/api/bookings/{booked['booking_id']}")
        assert one.json()["guest"]["email"] == self.guest_email
        return booked

    def move(self, booked: dict[str, Any], start: datetime) -> httpx.Response:
        return self.public.post(
            "/api/guest/booking/move",
            headers=self.as_guest(booked),
            json={"start": start.isoformat()},
        )

    def cancel(self, booked: dict[str, Any]) -> None:
        for _ in range(2):
            answer = self.public.post(
                "/api/guest/booking/cancellation",
                headers=self.as_guest(booked),
                json={"reason": "Ill today"},
            )
            assert answer.status_code == 200, answer.text
            assert answer.json()["state"] == "cancelled"

    def sign_out(self) -> None:
        assert self.admin.delete("/api/sessions/current").status_code == 204
        answer = self.admin.get("/api/sessions/current")
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"

    @staticmethod
    def as_guest(booked: dict[str, Any]) -> dict[str, str]:
        token = booked["manage_url"].rpartition("/l/")[2]
        return {"Authorization": f"Bearer {token}"}
