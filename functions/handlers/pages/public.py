"""Pages for people without an account, and signing in."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from handlers.pages import availability, booking, guest, joining, moving, sign_in, unsubscribe
from handlers.pages.assets import published_asset
from handlers.pages.entry import answer, page_app
from handlers.pages.rendering import see_other
from handlers.problems import HTTPS_ONLY
from handlers.wiring import adapters
from scheduling.domain.links import LinkPurpose
from scheduling.use_cases.links import read_link

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

app = page_app()
logger = Logger()


@app.get("/")
def get_home() -> Response[str]:
    return see_other("/console")


@app.route("/l/<token>", method=["GET", "HEAD"])
def get_link(token: str) -> Response[str]:
    """Show the page that a mailed link leads to. Mail scanners come here too: it only reads."""
    link = read_link(
        token, now=adapters().now(), links=adapters().links, link_keys=adapters().link_keys
    )
    match link.purpose:
        case LinkPurpose.SIGN_IN:
            return sign_in.finish_page(link, token, app.current_event)
        case LinkPurpose.AVAILABILITY:
            return availability.saved_page(token, app.current_event)
        case LinkPurpose.GUEST:
            return guest.booking_page(token)
        case LinkPurpose.INVITATION:
            return joining.join_page(token, app.current_event)


@app.route("/l/<token>/times", method=["GET", "HEAD"])
def get_times_to_move_to(token: str) -> Response[str]:
    return moving.times_page(token, app.current_event)


@app.post("/availability")
def post_availability() -> Response[str]:
    return availability.save(app.current_event)


@app.post("/availability/confirmation")
def post_confirmation() -> Response[str]:
    return availability.confirm(app.current_event)


@app.post("/availability/opened")
def post_opened() -> Response[str]:
    return availability.opened(app.current_event)


@app.post("/availability/calendar")
def post_calendar() -> Response[str]:
    return availability.link(app.current_event)


@app.route("/book/<slug>", method=["GET", "HEAD"])
def get_booking_page(slug: str) -> Response[str]:
    return booking.times_page(slug, app.current_event)


@app.post("/book/<slug>")
def post_booking(slug: str) -> Response[str]:
    return booking.book(slug, app.current_event)


@app.post("/book/<slug>/holds")
def post_hold(slug: str) -> Response[str]:
    return booking.hold(slug, app.current_event)


@app.post("/booking/move")
def post_move() -> Response[str]:
    return moving.move(app.current_event)


@app.post("/invitation/accept")
def post_acceptance() -> Response[str]:
    return joining.accept(app.current_event)


@app.post("/booking/cancellation")
def post_cancellation() -> Response[str]:
    return guest.cancel(app.current_event)


@app.route("/sign-in", method=["GET", "HEAD"])
def get_sign_in() -> Response[str]:
    return sign_in.ask_page(app.current_event)


@app.post("/sign-in")
def post_sign_in() -> Response[str]:
    return sign_in.requested_page(app.current_event)


@app.post("/sign-in/finish")
def post_sign_in_finish() -> Response[str]:
    return sign_in.finish(app.current_event)


@app.post("/sign-out")
def post_sign_out() -> Response[str]:
    return sign_in.end_session(app.current_event)


@app.route("/unsubscribe/<token>", method=["GET", "HEAD"])
def get_unsubscription(token: str) -> Response[str]:
    return unsubscribe.ask_page(token)


@app.post("/unsubscribe/<token>")
def post_unsubscription(token: str) -> Response[str]:
    return unsubscribe.done_page(token)


@app.get("/static/<file>")
def get_static_file(file: str) -> Response[bytes]:
    asset = published_asset(file)
    if asset is None:
        raise NotFoundError
    return Response(
        status_code=HTTPStatus.OK.value,
        content_type=asset.content_type,
        body=asset.content,
        headers={
            "Cache-Control": "public, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
            **HTTPS_ONLY,
        },
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answer(app, event, context)
