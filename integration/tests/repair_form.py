"""A repair as a person meets it: shown, opened, its button pressed."""

import asyncio
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.rack_power.const import DOMAIN
from homeassistant.components.repairs import RepairsFlowResult, repairs_flow_manager
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .program import Program, settle


def shown(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """List our issues by the key of their text."""
    return {
        issue.translation_key or "": issue
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN
    }


async def tell(hass: HomeAssistant, program: Program, *repairs: dict[str, Any]) -> None:
    """Have the program say what is wrong now."""
    program.repairs = list(repairs)
    await program.emit(hass, "repairs", program.repairs)


async def settle_without(pressed: asyncio.Task[Any]) -> None:
    """Let some time pass in which the form may finish, but need not."""
    await asyncio.wait([pressed], timeout=0.1)


async def open_flow(hass: HomeAssistant, key: str) -> RepairsFlowResult:
    """Open what a click on the issue opens."""
    manager = repairs_flow_manager(hass)
    assert manager is not None
    return await manager.async_init(
        DOMAIN, data={"issue_id": shown(hass)[key].issue_id}
    )


async def submit(hass: HomeAssistant, form: RepairsFlowResult) -> RepairsFlowResult:
    """Press the button."""
    manager = repairs_flow_manager(hass)
    assert manager is not None
    return await manager.async_configure(form["flow_id"], {})


async def poll(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, minutes: int = 1
) -> None:
    """Let time pass; the program is asked every minute."""
    for _ in range(minutes):
        freezer.tick(timedelta(seconds=61))
        async_fire_time_changed(hass)
        await settle(hass)
