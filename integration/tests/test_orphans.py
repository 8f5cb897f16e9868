"""Entities that nobody publishes any more: named, and removed after consent."""

from collections.abc import Callable
from typing import Any

from aiohttp import web
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component

from .conftest import Mqtt
from .program import Program, settle
from .repair_form import open_flow, poll, shown, submit

PDU = "rack-power_rack-pdu"


@pytest.fixture(autouse=True)
async def _repairs(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "repairs", {})


async def test_orphans(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    mqtt: Mqtt,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Left-over entities are listed and removed; all others stay."""
    kept = [
        mqtt.entity(PDU, "outlet-3_outlet-on"),
        # By a second installation that is not paired, or by hand.
        mqtt.entity("rack-power_elsewhere", "ups_ups-load", live=True),
        mqtt.entity("rack-power_elsewhere", "ups_ups-status", disabled=True),
        mqtt.entity("zigbee", "outlet-3_outlet-on"),
        er.async_get(hass).async_get_or_create("switch", "other", f"{PDU}_x"),
    ]
    orphans = [
        mqtt.entity(PDU, "outlet-9_outlet-on"),
        mqtt.entity(PDU, "outlet-9_meter-current", disabled=True),
        mqtt.entity("rack-power_sold", "chassis_chassis-on"),
    ]
    hass.states.async_set(orphans[0].entity_id, "unavailable", {"restored": True})
    sold = orphans[2].device_id
    assert sold is not None
    await poll(hass, freezer)
    assert shown(hass) == {}, "a program may need a moment to publish"
    await poll(hass, freezer, minutes=3)
    issue = shown(hass)["orphans"]
    assert issue.translation_placeholders == {"count": "3"}
    form = await open_flow(hass, "orphans")
    words = form["description_placeholders"]
    assert words is not None
    for entity in orphans:
        assert f"`{entity.entity_id}`" in words["entities"]
    registry = er.async_get(hass)
    assert all(registry.async_get(one.entity_id) for one in [*kept, *orphans])

    # One of them is published again before the person agrees.
    assert program.entities is not None
    program.entities["uniqueIds"].append(orphans[0].unique_id)
    result = await submit(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert all(registry.async_get(one.entity_id) for one in [*kept, orphans[0]])
    assert not any(registry.async_get(one.entity_id) for one in orphans[1:])
    devices = dr.async_get(hass)
    assert devices.async_get(sold) is None
    assert devices.async_get(mqtt.device(PDU).id) is not None
    await poll(hass, freezer)
    assert shown(hass) == {}


@pytest.mark.parametrize(
    "prepare",
    [
        lambda p: p.health.pop("broker"),
        lambda p: p.health["broker"].update(state="connecting"),
        lambda p: setattr(p, "entities", None),
        lambda p: p.devices[0]["connection"].update(state="connecting"),
        lambda p: p.instead.update(events=lambda: web.Response(status=502)),
    ],
)
async def test_orphans_not_known(
    hass: HomeAssistant,
    program: Program,
    entry: MockConfigEntry,
    mqtt: Mqtt,
    freezer: FrozenDateTimeFactory,
    prepare: Callable[[Program], Any],
) -> None:
    """Who does not know what is published calls nothing left over."""
    prepare(program)
    mqtt.entity(PDU, "outlet-9_outlet-on")
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    await poll(hass, freezer, minutes=4)
    assert shown(hass) == {}
    await hass.config_entries.async_unload(entry.entry_id)


async def test_orphans_no_longer_known(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    mqtt: Mqtt,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The broker goes while the form is open: nothing is removed."""
    orphans = [mqtt.entity(PDU, f"outlet-{n}_outlet-on") for n in range(10, 50)]
    await poll(hass, freezer, minutes=4)
    form = await open_flow(hass, "orphans")
    words = form["description_placeholders"]
    assert words is not None
    assert words["count"] == "40"
    assert words["entities"].count("\n") == 30
    program.health["broker"] = {"state": "connecting"}
    form = await submit(hass, form)
    assert form["errors"] == {"base": "not_known_now"}
    assert all(er.async_get(hass).async_get(one.entity_id) for one in orphans)
    assert set(shown(hass)) == {"orphans"}
