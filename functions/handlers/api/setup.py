"""Setting an organization up: what is switched on, and what is to be done next."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers.feature_words import FEATURES
from handlers.requests import refuse_foreign_origin
from handlers.sessions import staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.people import Feature
from scheduling.use_cases.organization_features import (
    FeatureState,
    list_features,
    switch_feature,
)
from scheduling.use_cases.setup import Step, StepState, setup_steps

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)


class SwitchRequest(BaseModel):
    enabled: bool


class FeatureResponse(BaseModel):
    feature: Feature
    name: str
    description: str
    enabled: bool

    @classmethod
    def of(cls, state: FeatureState) -> FeatureResponse:
        words = FEATURES[state.feature]
        return cls(
            feature=state.feature,
            name=words.name,
            description=words.description,
            enabled=state.is_enabled,
        )


class FeaturesResponse(BaseModel):
    items: list[FeatureResponse]


class StepResponse(BaseModel):
    step: Step
    state: StepState
    needs: Step | None
    """The step that has to be done first."""


class SetupResponse(BaseModel):
    is_complete: bool
    items: list[StepResponse]
    """In the order in which they are meant to be done."""


@app.get("/api/organization/features", summary="List what can be switched on")
def get_features() -> FeaturesResponse:
    states = list_features(staff(app.current_event))
    return FeaturesResponse(items=[FeatureResponse.of(state) for state in states])


@app.put("/api/organization/features/<feature>", summary="Switch a feature on or off")
def put_feature(feature: Feature, request: SwitchRequest) -> FeatureResponse:
    refuse_foreign_origin(app.current_event)
    state = switch_feature(
        staff(app.current_event),
        feature,
        is_enabled=request.enabled,
        now=adapters().now(),
        organizations=adapters().organizations,
    )
    logger.info("feature switched", feature=feature.value, is_enabled=state.is_enabled)
    return FeatureResponse.of(state)


@app.get("/api/organization/setup", summary="See what is to be set up")
def get_setup() -> SetupResponse:
    steps = setup_steps(
        staff(app.current_event),
        now=adapters().now(),
        members=adapters().members,
        external_members=adapters().external_members,
        booking_pages=adapters().booking_pages,
        hosts=adapters().hosts,
    )
    return SetupResponse(
        is_complete=all(step.state is StepState.DONE for step in steps),
        items=[StepResponse(step=step.step, state=step.state, needs=step.needs) for step in steps],
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
