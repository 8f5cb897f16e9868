"""Diagnostics, system health, logbook."""

import json
from typing import Any

from aiohttp import web
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_system_health_info,
)
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.rack_power.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from custom_components.rack_power.logbook import async_describe_events
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component

from .conftest import Mqtt
from .program import INSTANCE, KEY, Program, outcome


async def test_diagnostics(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    snapshot: SnapshotAssertion,
) -> None:
    """All that helps and nothing that is a secret or names a person."""
    program.repairs = [
        {
            "id": "denied:web",
            "kind": "denied",
            "detail": f"the device refuses {KEY}",
            "device": "web",
        }
    ]
    await program.emit(hass, "repairs", program.repairs)
    told = await async_get_config_entry_diagnostics(hass, loaded)
    text = json.dumps(told)
    for secret in (KEY, "canary", "Ada", INSTANCE, program.url, "00:c0:b7"):
        assert secret not in text
    assert told == snapshot(exclude=props("source"))


async def test_device_diagnostics(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """The same for the device, also while the program is away."""
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), loaded.entry_id)
    program.instead["devices"] = lambda: web.Response(status=502)
    told = await async_get_device_diagnostics(hass, loaded, device)
    assert told["device"]["sw_version"] == "0.1.0"
    assert told["error"] == "HTTP status 502"
    assert KEY not in json.dumps(told)


async def _info(hass: HomeAssistant) -> dict[str, Any]:
    info: dict[str, Any] = await get_system_health_info(hass, "rack_power")
    for key, value in info.items():
        if hasattr(value, "__await__"):
            info[key] = await value
    return info


async def test_system_health(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """A few lines, one of which asks the program now."""
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done(wait_background_tasks=False)
    assert await _info(hass) == {
        "installations": 1,
        "can_reach_program": "ok",
        "version": "0.1.0",
        "broker": "connected",
        "devices_online": "1",
        "repairs": "0",
    }
    program.instead["health"] = lambda: web.Response(status=502)
    assert (await _info(hass))["can_reach_program"] == {
        "type": "failed",
        "error": "unreachable",
    }
    await hass.config_entries.async_unload(loaded.entry_id)
    assert await _info(hass) == {"installations": 0}


@pytest.mark.parametrize(
    ("state", "by", "line"),
    [
        (
            "confirmed",
            {"via": "rest", "key": "home-assistant", "person": "Ada"},
            "outlet.on for outlet/3 by Ada: confirmed by the device (noon)",
        ),
        (
            "refused",
            {"via": "mqtt"},
            "outlet.on for outlet/3 by MQTT: refused: the device says on (noon)",
        ),
        (
            "confirmed",
            {"via": "nut", "user": "nas"},
            "outlet.on for outlet/3 by nas: confirmed by the device (noon)",
        ),
        (
            "failed",
            {"via": "engine", "why": "owed since a crash"},
            "outlet.on for outlet/3 by owed since a crash: failed: the device says on (noon)",
        ),
    ],
)
async def test_logbook(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    mqtt: Mqtt,
    state: str,
    by: dict[str, str],
    line: str,
) -> None:
    """Who switched what, and whether it was confirmed."""
    seen: list[Event[dict[str, Any]]] = []
    hass.bus.async_listen("rack_power_outcome", seen.append)
    device = mqtt.device("rack-power_rack-pdu")
    dr.async_get(hass).async_update_device(device.id, name_by_user="The big one")
    await program.emit(hass, "outcome", outcome(state, by=by, reason="noon"))
    await program.emit(
        hass, "outcome", outcome(state, by=by, device="sold", reason="noon")
    )
    described: dict[str, Any] = {}
    async_describe_events(
        hass, lambda domain, name, how: described.update({f"{domain} {name}": how})
    )
    how = described["rack_power rack_power_outcome"]
    assert how(seen[0]) == {"name": "The big one", "message": line}
    assert how(seen[1])["name"] == "sold"


async def test_logbook_with_a_value(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """What a variable was set to stands there too, also when it is 0."""
    seen: list[Event[dict[str, Any]]] = []
    hass.bus.async_listen("rack_power_outcome", seen.append)
    for value in (0, "high"):
        await program.emit(
            hass, "outcome", outcome(command="variable.set", value=value)
        )
    described: list[Any] = []
    async_describe_events(hass, lambda domain, name, how: described.append(how))
    told = [described[0](event)["message"] for event in seen]
    assert [event.data["value"] for event in seen] == [0, "high"]
    assert "variable.set 0 " in told[0]
    assert "variable.set high " in told[1]


async def test_logbook_in_another_language(
    hass: HomeAssistant, program: Program, entry: MockConfigEntry
) -> None:
    """Core's language, whatever it is."""
    await hass.config.async_update(language="de")
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await program.heard(hass)
    seen: list[Event[dict[str, Any]]] = []
    hass.bus.async_listen("rack_power_outcome", seen.append)
    await program.emit(hass, "outcome", outcome())
    described: list[Any] = []
    async_describe_events(hass, lambda domain, name, how: described.append(how))
    assert described[0](seen[0])["message"].endswith("vom Gerät bestätigt")
    await hass.config_entries.async_unload(entry.entry_id)
