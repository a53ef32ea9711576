"""What is held about a person as a file (JSON) that people and programs read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handlers.csv_tables import attachment

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling.domain.audit import Entry
    from scheduling.domain.booking import Booking
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.connect_requests import ConnectRequest
    from scheduling.domain.connections import Connection
    from scheduling.domain.erasure import Person
    from scheduling.domain.invitations import Invitation
    from scheduling.domain.links import Link
    from scheduling.domain.messages import Posted
    from scheduling.domain.people import ExternalMember, Member
    from scheduling.domain.time_range import TimeRange
    from scheduling.use_cases.personal_records import LinkedCalendar, PersonalRecord

CONTENT_TYPE = "application/json"

HEADERS = attachment("person.json")


def file_of(record: PersonalRecord, *, now: datetime) -> dict[str, Any]:
    """Return what is in the file: instants in UTC, and no secret of what is linked or connected."""
    person = record.person
    return {
        "email": person.email,
        "names": sorted(person.names),
        "exported_at": _instant(now),
        "members": [_member(each) for each in record.members],
        "external_members": [_external_member(each) for each in record.external_members],
        "linked_calendars": [_calendar(each) for each in record.calendars],
        "connections": [_connection(each) for each in record.connections],
        "connect_requests": [_connect_request(each) for each in record.connect_requests],
        "invitations": [_invitation(each, now) for each in record.invitations],
        "import_rows": [dict(row.cells) for row in record.import_rows],
        "booking_pages": [_page(each) for each in record.booking_pages],
        "bookings": [_booking(each, person) for each in record.bookings],
        "links": [_link(each) for each in record.links],
        "messages": [_message(each) for each in record.messages],
        "mails_not_sent_because": [reason.value for reason in record.suppressions],
        "activity": [_entry(each) for each in record.entries],
    }


def _member(member: Member) -> dict[str, Any]:
    return {
        "member_id": member.member_id,
        "name": member.name,
        "role": member.role.value,
        "time_zone": member.time_zone,
        "language": member.locale,
        "department_id": member.department_id,
        "designation_id": member.designation_id,
        "manager_id": member.manager_id,
        "joined_at": _instant(member.joined_at),
        "removed_at": _instant(member.removed_at),
    }


def _external_member(member: ExternalMember) -> dict[str, Any]:
    request, availability = member.request, member.availability
    return {
        "external_member_id": member.external_member_id,
        "name": member.name,
        "invited_at": _instant(member.created_at),
        "deleted_at": _instant(member.deleted_at),
        "person_in_charge_id": member.person_in_charge_id,
        "booking_page_slug": member.booking_page_slug,
        "availability": {
            "time_zone": availability.time_zone,
            "windows": [_span(window) for window in availability.windows],
            "saved_at": _instant(availability.saved_at),
            "confirmed_at": _instant(availability.confirmed_at),
        },
        "request": {
            "number": request.number,
            "asked_at": _instant(request.asked_at),
            "deadline": _instant(request.terms.deadline),
            "message": request.terms.message,
            "fulfilled_at": _instant(request.fulfilled_at),
            "facts": {fact.value: _instant(at) for fact, at in request.facts.items()},
        },
    }


def _calendar(calendar: LinkedCalendar) -> dict[str, Any]:
    return {
        "external_member_id": calendar.external_member_id,
        "server": calendar.host_name,
        "linked_at": _instant(calendar.linked_at),
    }


def _connection(connection: Connection) -> dict[str, Any]:
    conflicts, target = connection.conflict_calendar_ids, connection.write_calendar_id
    return {
        "provider": connection.key.provider.value,
        "account": connection.account,
        "account_id": connection.account_id,
        "platforms": sorted(connection.platforms),
        "permissions": sorted(connection.scopes),
        "state": connection.state.value,
        "state_since": _instant(connection.state_since),
        "connected_at": _instant(connection.connected_at),
        "verified_at": _instant(connection.verified_at),
        "ended_at": _instant(connection.ended_at),
        "calendars": [
            {
                "name": calendar.name,
                "makes_busy": calendar.calendar_id in conflicts,
                "is_written_to": calendar.calendar_id == target,
            }
            for calendar in connection.calendars
        ],
    }


def _connect_request(request: ConnectRequest) -> dict[str, Any]:
    return {
        "platform": request.platform.value,
        "asked_at": _instant(request.asked_at),
        "times_asked": request.number,
        "asked_by_id": request.asked_by_id,
        "to_connect_again": request.is_reconnect,
    }


def _invitation(invitation: Invitation, now: datetime) -> dict[str, Any]:
    return {
        "invitation_id": invitation.invitation_id,
        "state": invitation.state(now).value,
        "invited_at": _instant(invitation.invited_at),
        "sent_at": _instant(invitation.sent_at),
        "times_sent": invitation.number,
        "invited_by_id": invitation.invited_by_id,
    }


def _page(page: BookingPage) -> dict[str, Any]:
    return {
        "slug": page.slug,
        "title": page.title,
        "description": page.description,
        "location": page.location,
        "online_meeting": page.online_meeting,
    }


def _booking(booking: Booking, person: Person) -> dict[str, Any]:
    """Return a booking with what it says of one of its people, and nothing of the others."""
    said: dict[str, Any] = {
        "booking_id": booking.booking_id,
        "roles": _roles(booking, person),
        "title": booking.title,
        "time": _span(booking.time),
        "location": booking.location,
        "online_meeting": booking.online_meeting,
        "state": booking.state.value,
        "booked_at": _instant(booking.booked_at),
        "changed_at": _instant(booking.changed_at),
        "booking_page_slug": booking.booking_page_slug,
    }
    if booking.guest.email == person.email:
        said |= {
            "name": booking.guest.name,
            "note": booking.guest.note,
            "time_zone": booking.guest.time_zone,
            "answers": [
                {"question": answer.label, "answer": answer.text} for answer in booking.answers
            ],
            "reason": booking.reason,
        }
    return said


def _roles(booking: Booking, person: Person) -> list[str]:
    roles = {
        "guest": booking.guest.email == person.email,
        "other_guest": person.email in booking.other_guests,
        "host": not person.host_ids.isdisjoint(booking.host_ids),
    }
    # On a page that was theirs before, say.
    return [role for role, is_so in roles.items() if is_so] or ["named"]


def _link(link: Link) -> dict[str, Any]:
    return {
        "link_id": link.link_id,
        "purpose": link.purpose.value,
        "created_at": _instant(link.created_at),
        "expires_at": _instant(link.expires_at),
        "used_at": _instant(link.used_at),
        "replaced_at": _instant(link.replaced_at),
        "revoked_at": _instant(link.revoked_at),
    }


def _message(posted: Posted) -> dict[str, Any]:
    delivery = posted.delivery
    return {
        "kind": posted.message.kind.value,
        "about": posted.message.subject.value,
        "about_id": posted.message.subject_id,
        "queued_at": _instant(posted.queued_at),
        "state": delivery.state.value,
        "sent_at": _instant(delivery.sent_at),
        "delivered_at": _instant(delivery.delivered_at),
        "bounced_at": _instant(delivery.bounce.at if delivery.bounce else None),
        "diagnosis": delivery.bounce.diagnosis if delivery.bounce else "",
        "complained_at": _instant(delivery.complained_at),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "at": _instant(entry.at),
        "activity": entry.activity.value,
        "actor_id": entry.actor.actor_id,
        "subject_id": entry.subject_id,
        "network": entry.actor.network,
        "facts": dict(entry.facts),
    }


def _span(time: TimeRange) -> dict[str, Any]:
    return {"start": _instant(time.start), "end": _instant(time.end)}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
