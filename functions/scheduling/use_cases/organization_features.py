"""What an organization has to switch on before it is there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, entry_by
from scheduling.domain.people import Feature
from scheduling.domain.policy import Act, require
from scheduling.domain.refusals import FeatureDisabled

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.sessions import SignedIn


@dataclass(frozen=True, slots=True)
class FeatureState:
    """A feature, and whether it is on."""

    feature: Feature
    is_enabled: bool


def list_features(by: SignedIn) -> tuple[FeatureState, ...]:
    """Return every feature, those that are off too."""
    return tuple(_state(by, feature) for feature in Feature)


def switch_feature(
    by: SignedIn,
    feature: Feature,
    *,
    is_enabled: bool,
    now: datetime,
    organizations: ports.Organizations,
) -> FeatureState:
    """Switch a feature on or off for the whole organization; doing so again changes nothing.

    What was made with a feature stays while it is off.

    Raises:
        NotAllowed: Only admins may.
        OrganizationChanged: Somebody changed the organization at the same moment.
    """
    require(by, Act.SWITCH_FEATURE, now=now)
    before = by.organization
    if _state(by, feature).is_enabled != is_enabled:
        organizations.replace(
            replace(before, features=before.features ^ {feature}, version=before.version + 1),
            entry_by(
                by,
                Activity.FEATURE_SWITCHED,
                now=now,
                feature=feature.value,
                to="on" if is_enabled else "off",
            ),
        )
    return FeatureState(feature, is_enabled)


def require_feature(by: SignedIn, feature: Feature) -> None:
    """Raises FeatureDisabled where an admin has not switched it on."""
    if feature not in by.organization.features:
        raise FeatureDisabled


def _state(by: SignedIn, feature: Feature) -> FeatureState:
    return FeatureState(feature, feature in by.organization.features)
