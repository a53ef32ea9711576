"""The booking pages of the organization, for staff."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers.requests import staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.use_cases.booking_pages import BookingPageView, list_booking_pages

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)


class BookingPageResponse(BaseModel):
    slug: str
    url: str
    title: str
    host_id: str
    host_name: str
    duration_minutes: int
    active: bool

    @classmethod
    def of(cls, view: BookingPageView) -> BookingPageResponse:
        page = view.page
        return cls(
            slug=page.slug,
            url=f"{adapters().base_url}/book/{page.slug}",
            title=page.title,
            host_id=page.external_member_id,
            host_name=page.host_name,
            duration_minutes=int(page.rules.duration.total_seconds() // 60),
            active=view.is_active,
        )


class BookingPagesResponse(BaseModel):
    items: list[BookingPageResponse]
    next_cursor: str | None


@app.get("/api/booking-pages", summary="List booking pages")
def get_booking_pages(
    cursor: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> BookingPagesResponse:
    page = list_booking_pages(
        staff(app.current_event),
        cursor=cursor,
        limit=limit,
        now=adapters().now(),
        booking_pages=adapters().booking_pages,
        external_members=adapters().external_members,
    )
    return BookingPagesResponse(
        items=[BookingPageResponse.of(view) for view in page.items],
        next_cursor=page.next_cursor,
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
