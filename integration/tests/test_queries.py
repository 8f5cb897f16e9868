"""The actions that ask, and who may call which."""

from aiohttp import web
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.rack_power.target import part_key
from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
    UnknownUser,
)

from .action import call
from .conftest import Mqtt
from .program import Program, outcome, problem

PDU = "rack-power_rack-pdu"


async def test_get_readings(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry, mqtt: Mqtt
) -> None:
    """Of a device, of a part, of the part of an entity."""
    entity = mqtt.entity(PDU, "sensor-cpu--temp:1_sensor-temperature", domain="sensor")
    whole = await call(hass, "get_readings", device_id=entity.device_id)
    assert whole["name"] == "Rack PDU"
    assert whole["connection"]["state"] == "online"
    assert set(whole["parts"]) == {"outlet/3", "outlet/4", "sensor/cpu-temp_1"}
    assert whole["parts"]["outlet/3"]["readings"]["outlet.on"]["value"] is True
    one = await call(hass, "get_readings", device_id=entity.device_id, part="outlet/4")
    assert set(one["parts"]) == {"outlet/4"}
    by_entity = await call(hass, "get_readings", entity_id=entity.entity_id)
    assert set(by_entity["parts"]) == {"sensor/cpu-temp_1"}
    with pytest.raises(ServiceValidationError) as told:
        await call(hass, "get_readings", device_id=entity.device_id, part="outlet/9")
    assert told.value.translation_key == "no_such_part"
    gone = mqtt.entity(PDU, "outlet-9_outlet-on")
    with pytest.raises(ServiceValidationError) as told:
        await call(hass, "get_readings", entity_id=gone.entity_id)
    assert told.value.translation_key == "no_part_of_entity"


async def test_get_outcomes(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry, mqtt: Mqtt
) -> None:
    """Of all, of a device, of the part of an entity."""
    answer = await call(hass, "get_outcomes")
    assert answer == {"outcomes": [outcome()]}
    assert program.asked[-1] == ("GET", "outcomes", {"limit": "100"})
    entity = mqtt.entity(PDU, "outlet-4_outlet-on")
    await call(hass, "get_outcomes", device_id=entity.device_id, limit=5)
    assert program.asked[-1][2] == {"limit": "5", "device": "rack-pdu"}
    await call(hass, "get_outcomes", entity_id=entity.entity_id)
    assert program.asked[-1][2] == {
        "limit": "100",
        "device": "rack-pdu",
        "part": "outlet/4",
    }
    program.instead["outcomes"] = lambda: web.Response(status=502)
    with pytest.raises(HomeAssistantError) as told:
        await call(hass, "get_outcomes", device_id=entity.device_id)
    assert told.value.translation_key == "no_answer"


async def test_identify(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """All that was given reaches the program."""
    answer = await call(
        hass,
        "identify",
        host="192.0.2.17",
        driver="snmp",
        options={"community": "public"},
    )
    assert answer == {"results": [{"driver": "snmp", "why": "no answer"}]}
    assert program.asked[-1][2] == {
        "host": "192.0.2.17",
        "driver": "snmp",
        "options": {"community": "public"},
    }
    await call(hass, "identify", host="192.0.2.17")
    assert program.asked[-1][2] == {"host": "192.0.2.17"}
    program.instead["identify"] = lambda: problem(422, "invalid")
    with pytest.raises(ServiceValidationError) as told:
        await call(hass, "identify", host="?")
    assert told.value.translation_key == "invalid"


async def test_reload(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """Its problems are in the answer, or are the error."""
    assert await call(hass, "reload") == {"accepted": True, "problems": []}
    program.reload = lambda: problem(
        422, "configuration", errors=[{"detail": "rack-power.yaml:3:7 no such driver"}]
    )
    with pytest.raises(HomeAssistantError) as told:
        await call(hass, "reload")
    assert told.value.translation_key == "configuration"
    assert "rack-power.yaml:3:7" in str(told.value)


async def test_permissions(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    mqtt: Mqtt,
    hass_read_only_user: User,
) -> None:
    """Who may only look, looks; nobody gets round a permission by our actions."""
    entity = mqtt.entity(PDU, "outlet-4_outlet-on")
    reader = hass_read_only_user.id
    before = len(program.paths("POST"))
    for target in (
        {"device_id": entity.device_id},
        {"entity_id": entity.entity_id},
        {"device_id": mqtt.device("rack-power_empty").id},
    ):
        with pytest.raises(Unauthorized):
            await call(hass, "command", user=reader, command="outlet.on", **target)
    for action, data in (("identify", {"host": "192.0.2.17"}), ("reload", {})):
        with pytest.raises(Unauthorized):
            await call(hass, action, user=reader, **data)
    assert len(program.paths("POST")) == before
    assert await call(hass, "get_readings", user=reader, entity_id=entity.entity_id)
    assert await call(hass, "get_outcomes", user=reader)
    with pytest.raises(UnknownUser):
        await call(hass, "get_outcomes", user="nobody")


@pytest.mark.parametrize(
    ("part", "key"),
    [
        ("outlet/3", "outlet-3"),
        ("sensor/cpu-temp_1", "sensor-cpu--temp:1"),
        ("ups", "ups"),
    ],
)
def test_part_key(part: str, key: str) -> None:
    """As componentKey of the program writes it."""
    assert part_key(part) == key
