"""The program's discovery documents, as its own tests keep them, in Core's MQTT.

What the integration makes of the entities is only right as long as both sides agree
on identifiers and unique ids.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_mqtt_message,
)

from custom_components.rack_power.const import DOMAIN, MQTT_IDENTIFIER
from custom_components.rack_power.coordinator import mqtt_identifier
from custom_components.rack_power.target import part_key
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .program import Program, part, settle

GOLDEN = Path(__file__).parents[2] / "test/publish/golden"


def documents() -> dict[str, dict[str, Any]]:
    """Read the documents, by their device."""
    return {
        path.name.removesuffix(".document.json"): json.loads(path.read_text())
        for path in sorted(GOLDEN.glob("*.document.json"))
    }


def parts_of(device: str, document: dict[str, Any]) -> dict[str, str]:
    """Tell the part of each unique id, by the topic that shows it."""
    start = f"rack-power/{device}/"
    return {
        component["unique_id"]: component["state_topic"]
        .removeprefix(start)
        # What happens to a UPS is told beside its state.
        .removesuffix("/event")
        for component in document["components"].values()
        if component.get("state_topic", "").startswith(start)
    }


def test_unique_ids_name_the_part() -> None:
    """By the one rule that both sides have."""
    checked = 0
    for device, document in documents().items():
        for unique_id, one in parts_of(device, document).items():
            start = f"{MQTT_IDENTIFIER}_{device}_{part_key(one)}_"
            assert unique_id.startswith(start), unique_id
            checked += 1
    assert checked > 50


# Core's MQTT client leaves its own timer of one second, when the test ends before it.
@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_core_takes_the_documents(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    mqtt_mock: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Every entity appears without a complaint, and leads back to its part."""
    for device, document in documents().items():
        async_fire_mqtt_message(
            hass,
            f"homeassistant/device/{MQTT_IDENTIFIER}_{device}/config",
            json.dumps(document),
        )
    await settle(hass)
    registry = er.async_get(hass)
    entities = {
        entity.unique_id: entity
        for entity in registry.entities.values()
        if entity.platform == "mqtt"
    }
    wanted = {
        component["unique_id"]
        for document in documents().values()
        for component in document["components"].values()
    }
    assert set(entities) == wanted
    complaints = [
        record.getMessage()
        for record in caplog.records
        if record.levelname in ("WARNING", "ERROR")
        and record.name.startswith(
            (
                "homeassistant.components.mqtt",
                "homeassistant.components.sensor",
                "homeassistant.helpers.entity_platform",
            )
        )
    ]
    assert complaints == []

    device = "rack-pdu"
    parts = parts_of(device, documents()[device])
    program.devices[0]["parts"] = [
        part(one, "outlet.on") for one in dict.fromkeys(parts.values())
    ]
    assert dr.async_get(hass).async_get_devices(identifiers={mqtt_identifier(device)})
    for unique_id, one in parts.items():
        answer = await hass.services.async_call(
            DOMAIN,
            "get_readings",
            {"entity_id": entities[unique_id].entity_id},
            blocking=True,
            return_response=True,
        )
        assert answer is not None
        assert list(answer["parts"]) == [one]
    assert len(parts) > 20
