"""The actions as an automation calls them."""

from typing import Any

from custom_components.rack_power.const import DOMAIN
from homeassistant.core import Context, HomeAssistant


async def call(
    hass: HomeAssistant, name: str, *, user: str | None = None, **data: Any
) -> Any:
    """Call an action and give its answer."""
    return await hass.services.async_call(
        DOMAIN,
        name,
        data,
        blocking=True,
        return_response=True,
        context=Context(user_id=user),
    )
