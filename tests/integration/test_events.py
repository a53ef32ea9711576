"""Each sample event in `events/` runs, and comes to what its name says."""

import json
from pathlib import Path

import pytest
import time_machine

from dev.build.template import written
from tests.integration.world import NOW, populate
from tests.support.in_process import LambdaContext, handler_at

EVENTS = Path(__file__).parents[2] / "events"

EXPECTED = {
    "activity/exported": 200,
    "activity/seen": 200,
    "availability/calendar-linked": 200,
    "availability/calendar-removed": 204,
    "availability/page-read": 200,
    "availability/times-saved": 200,
    "availability_grid/exported": 200,
    "availability_grid/two-weeks-seen": 200,
    "booking/booking-cancelled": 200,
    "booking/booking-moved": 200,
    "booking/booking-read": 200,
    "booking/fresh-link-asked-for": 202,
    "booking/hold-released": 204,
    "booking/slot-booked": 201,
    "booking/slot-held": 201,
    "booking/slots-to-move-to-listed": 200,
    "booking_pages/copied": 201,
    "booking_pages/explained": 200,
    "booking_pages/listed": 200,
    "booking_pages/page-made": 201,
    "booking_pages/settings-read": 200,
    "booking_pages/settings-replaced": 200,
    "booking_pages/switched-off": 200,
    "bookings/approved": 200,
    "bookings/booked-for-guest": 201,
    "bookings/cancelled": 200,
    "bookings/declined": 200,
    "bookings/deliveries-listed": 200,
    "bookings/exported": 200,
    "bookings/guest-did-not-come": 200,
    "bookings/listed": 200,
    "bookings/moved": 200,
    "bookings/one-read": 200,
    "connection_matrix/asked-to-connect": 202,
    "connection_matrix/exported": 200,
    "connection_matrix/listed": 200,
    "connection_matrix/policy-read": 200,
    "connection_matrix/policy-saved": 200,
    "connection_matrix/removed": 204,
    "connections/access-denied": 303,
    "connections/calendar-switched-off": 204,
    "connections/calendars-chosen": 200,
    "connections/listed": 200,
    "connections/meet-switched-on": 200,
    "connections/sent-to-zoom": 303,
    "connections/zoom-started": 200,
    "console/booking-opened": 200,
    "console/bookings-listed": 200,
    "console/day-explained": 200,
    "console/hours-opened": 200,
    "console/request-approved": 303,
    "console/team-listed": 200,
    "console/team-member-opened": 200,
    "console/today-opened": 200,
    "console/invitations-listed": 200,
    "console/members-invited": 200,
    "create_organization/organization-created": {"created": True},
    "directory/department-added": 201,
    "directory/designation-removed": 204,
    "directory/department-renamed": 200,
    "directory/listed": 200,
    "dispatch_syncs/minute-passed": {"requested": 2},
    "end_overdue/minute-passed": {"ended": 1},
    "external_members/asked-again": 202,
    "external_members/deleted": 204,
    "external_members/deliveries-listed": 200,
    "external_members/edited": 200,
    "external_members/imported": 200,
    "external_members/invited": 201,
    "external_members/link-copied": 200,
    "external_members/listed": 200,
    "external_members/mailbox-trusted": 204,
    "notifications/calendar-rang": 202,
    "mail_feedback/mail-bounced": {"noted": 1},
    "mail_feedback/mail-complained-about": {"noted": 1},
    "mail_feedback/mail-delayed": {"noted": 1},
    "mail_feedback/mail-delivered": {"noted": 1},
    "mail_feedback/mail-rejected": {"noted": 1},
    "fetch_calendars/minute-passed": {"not_public": 1},
    "invitations/accepted": 204,
    "invitations/listed": 200,
    "invitations/members-invited": 200,
    "invitations/revoked": 204,
    "invitations/sent-again": 202,
    "import_members/minute-passed": {"done": 0},
    "members/edited": 200,
    "members/exported": 200,
    "members/handed-over": 200,
    "members/hours-read": 200,
    "members/hours-saved": 200,
    "members/import-tried-out": 202,
    "members/listed": 200,
    "members/myself-edited": 200,
    "members/removed": 204,
    "members/signed-out-everywhere": 204,
    "organization_settings/edited": 200,
    "organization_settings/read": 200,
    "probe_free_busy/somebody-books": {"busy": {}},
    "public/booking-moved": 303,
    "public/booking-page-opened": 200,
    "public/calendar-linked": 303,
    "public/guest-link-opened": 200,
    "public/invitation-accepted": 303,
    "public/invitation-opened": 200,
    "public/slot-booked": 303,
    "public/slot-held": 303,
    "public/slots-to-move-to-opened": 200,
    "public/unsubscribed": 200,
    "personal_records/erased": 200,
    "personal_records/exported": 200,
    "revoke_grants/provider-cut-off": {"organizations": 1, "connections": 1, "left": 0},
    "retry_mails/minute-passed": {"sent": 3},
    "send_mails/booking-confirmed": {"batchItemFailures": []},
    "sending/resumed": 200,
    "sending/seen": 200,
    "write_calendar_events/booking-changed": {"batchItemFailures": []},
    "write_calendar_events/calendar-connected": {"batchItemFailures": []},
    "write_calendar_events/minute-passed": {},
    "setup/feature-switched-off": 200,
    "setup/features-listed": 200,
    "setup/steps-seen": 200,
    "sign_in/link-requested": 202,
    "sign_in/link-used": 204,
    "sign_in/sign-up-requested": 202,
    "sign_in/signed-out": 204,
    "sign_in/signed-out-everywhere": 204,
    "slots/page-read": 200,
    "slots/slots-listed": 200,
    "sync_calendars/channel-unknown": {"batchItemFailures": []},
    "sync_calendars/turn-came": {"batchItemFailures": []},
}


def function_of(name):
    """Return the handler of the function whose module a folder of events is named after."""
    handlers = [
        resource["Properties"]["Handler"]
        for resource in written()["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    [found] = [handler for handler in handlers if handler.split(".")[-2] == name]
    return found


def test_there_is_a_sample_event_for_every_function():
    functions = {
        resource["Properties"]["Handler"].split(".")[-2]
        for resource in written()["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    found = {str(path.relative_to(EVENTS).with_suffix("")) for path in EVENTS.rglob("*.json")}

    assert {name.partition("/")[0] for name in found} == functions
    assert found == EXPECTED.keys()


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_sample_event_comes_to_what_its_name_says(deployed, name):
    event = json.loads((EVENTS / f"{name}.json").read_text())
    with time_machine.travel(NOW, tick=False):
        populate(deployed.scheduling, deployed.access)

        answer = handler_at(function_of(name.partition("/")[0]))(event, LambdaContext())

    expected = EXPECTED[name]
    if isinstance(expected, int):
        assert answer["statusCode"] == expected, answer["body"]
    else:
        assert answer | expected == answer
