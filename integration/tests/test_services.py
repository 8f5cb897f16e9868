"""The actions, from the call to what reached the program."""

from typing import Any
from unittest.mock import patch

from aiohttp import web
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
import voluptuous as vol

from custom_components.rack_power.const import DOMAIN
from custom_components.rack_power.services import CALLERS, DEVICES
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component

from .action import call
from .conftest import Mqtt
from .program import KEY, OTHER_INSTANCE, READER, Program, problem

PDU = "rack-power_rack-pdu"


async def test_command(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    mqtt: Mqtt,
    hass_admin_user: MockUser,
) -> None:
    """All that was said reaches the program, with the name of who said it."""
    device = mqtt.device(PDU)
    answer = await call(
        hass,
        "command",
        user=hass_admin_user.id,
        device_id=device.id,
        part="outlet/3",
        command="outlet.cycle",
        reason="does not answer",
        confirm="K7QF",
    )
    assert answer["state"] == "confirmed"
    assert answer["command"] == "outlet.cycle"
    assert program.asked[-1] == (
        "POST",
        "devices/rack-pdu/parts/outlet%2F3/commands",
        {
            "command": "outlet.cycle",
            "reason": "does not answer",
            "confirm": "K7QF",
            "person": hass_admin_user.name,
        },
    )


async def test_command_without_user_and_answer(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry, mqtt: Mqtt
) -> None:
    """An automation has no person, and need not take the answer."""
    device = mqtt.device(PDU)
    await hass.services.async_call(
        DOMAIN,
        "command",
        {"device_id": device.id, "part": "outlet/3", "command": "outlet.on"},
        blocking=True,
    )
    assert program.asked[-1][2] == {"command": "outlet.on"}


@pytest.mark.parametrize("value", [120, 0, 2.5, "high", ""])
async def test_command_with_a_value(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    mqtt: Mqtt,
    value: float | str,
) -> None:
    """It goes as it is: a number stays one, and what is empty or 0 is not left out."""
    device = mqtt.device(PDU)
    about = {"device_id": device.id, "part": "outlet/3", "command": "outlet.on"}
    await call(hass, "command", value=value, **about)
    assert program.asked[-1][2] == {"command": "outlet.on", "value": value}


@pytest.mark.parametrize("value", [True, None, [1], {"a": 1}, float("inf"), "x" * 501])
async def test_command_with_what_is_no_value(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    mqtt: Mqtt,
    value: Any,
) -> None:
    """Nothing is asked of the program."""
    device = mqtt.device(PDU)
    about = {"device_id": device.id, "part": "outlet/3", "command": "outlet.on"}
    before = len(program.asked)
    with pytest.raises(vol.Invalid, match="number"):
        await call(hass, "command", value=value, **about)
    assert len(program.asked) == before


async def test_command_finds_the_part(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry, mqtt: Mqtt
) -> None:
    """By an entity of it, or as the only one that takes the command."""
    entity = mqtt.entity(PDU, "outlet-4_outlet-on")
    await call(hass, "command", entity_id=entity.entity_id, command="outlet.on")
    assert program.paths("POST")[-1].endswith("outlet%2F4/commands")
    await call(hass, "command", device_id=entity.device_id, command="outlet.off")
    assert program.paths("POST")[-1].endswith("outlet%2F3/commands")
    with pytest.raises(ServiceValidationError) as told:
        await call(hass, "command", device_id=entity.device_id, command="outlet.on")
    assert told.value.translation_key == "part_needed"
    assert "outlet/3, outlet/4" in str(told.value)
    with pytest.raises(ServiceValidationError) as told:
        await call(hass, "command", device_id=entity.device_id, command="ups.test")
    assert told.value.translation_key == "not_capable"


@pytest.mark.parametrize(
    "data",
    [
        {"command": "outlet.on"},
        {"device_id": "x", "entity_id": "switch.x", "command": "outlet.on"},
        {"device_id": "x"},
    ],
)
async def test_command_needs_one_target(
    hass: HomeAssistant, loaded: MockConfigEntry, data: dict[str, Any]
) -> None:
    """A target is never left out, and never two."""
    with pytest.raises(vol.Invalid):
        await call(hass, "command", **data)


async def test_targets_that_are_not_ours(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry, mqtt: Mqtt
) -> None:
    """Devices and entities of others are refused before anything is asked."""
    other = mqtt.device("zigbee2mqtt_bridge")
    service = mqtt.device("rack-power")
    before = len(program.asked)
    for target in (
        {"device_id": other.id},
        {"device_id": service.id},
        {"device_id": "nobody"},
        {"entity_id": "switch.nobody"},
    ):
        with pytest.raises(ServiceValidationError) as told:
            await call(hass, "command", command="outlet.on", **target)
        assert told.value.translation_key == "not_ours"
    assert len(program.asked) == before


async def test_no_installation(hass: HomeAssistant, mqtt: Mqtt) -> None:
    """The actions are there without an entry, and say so."""
    assert await async_setup_component(hass, DOMAIN, {})
    device = mqtt.device(PDU)
    with pytest.raises(ServiceValidationError) as told:
        await call(hass, "command", device_id=device.id, command="outlet.on")
    assert told.value.translation_key == "not_loaded"
    with pytest.raises(ServiceValidationError):
        await call(hass, "reload")


async def test_two_installations(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    mqtt: Mqtt,
) -> None:
    """The one that publishes the device is asked; without any, nobody is."""
    program.health["instance"] = OTHER_INSTANCE
    program.entities = None
    second = MockConfigEntry(
        domain=DOMAIN,
        unique_id=OTHER_INSTANCE,
        data={**loaded.data, "instance": OTHER_INSTANCE},
    )
    second.add_to_hass(hass)
    assert await hass.config_entries.async_setup(second.entry_id)
    device = mqtt.device(PDU)
    assert (await call(hass, "get_readings", device_id=device.id))["device"]
    unknown = mqtt.device("rack-power_unknown")
    with pytest.raises(ServiceValidationError) as told:
        await call(hass, "get_readings", device_id=unknown.id)
    assert told.value.translation_key == "not_published"
    # Which of them shall read its configuration must be said.
    with pytest.raises(ServiceValidationError):
        await call(hass, "reload")
    assert await call(hass, "reload", config_entry_id=second.entry_id)
    await hass.config_entries.async_unload(second.entry_id)


@pytest.mark.parametrize("kind", sorted(CALLERS | DEVICES))
async def test_every_refusal_has_its_words(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    mqtt: Mqtt,
    kind: str,
) -> None:
    """Refusals become errors whose text names what and why."""
    program.command = lambda _: problem(
        423, kind, confirm="K7QF", confirmSeconds=60, errors=[{"detail": "and so"}]
    )
    device = mqtt.device(PDU)
    error = ServiceValidationError if kind in CALLERS else HomeAssistantError
    with pytest.raises(error) as told:
        await call(
            hass,
            "command",
            device_id=device.id,
            part="outlet/3",
            command="outlet.on",
        )
    assert isinstance(told.value, ServiceValidationError) is (kind in CALLERS)
    assert told.value.translation_domain == DOMAIN
    assert told.value.translation_key == kind.replace("-", "_")
    words = told.value.translation_placeholders
    assert words is not None
    assert words["detail"] == f"because of {kind}; and so"
    # The text was found, and nothing in it is left open.
    assert str(told.value) != kind.replace("-", "_")
    assert "{" not in str(told.value)
    if kind == "confirmation-needed":
        assert words["confirm"] == "K7QF"
        assert "confirm: K7QF within 60 seconds" in str(told.value)


async def test_other_answers(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry, mqtt: Mqtt
) -> None:
    """A kind of tomorrow, no such device, no answer at all."""
    device = mqtt.device(PDU)
    about = {"device_id": device.id, "part": "outlet/3", "command": "outlet.on"}
    for answer, key in (
        (lambda _: problem(418, "teapot"), "problem"),
        (lambda _: problem(404, None), "not_known"),
        (lambda _: web.Response(status=502), "no_answer"),
        (lambda _: web.Response(text="<html>"), "no_answer"),
        (lambda _: web.Response(status=302, headers={"Location": "/"}), "no_answer"),
    ):
        program.command = answer
        with pytest.raises(HomeAssistantError) as told:
            await call(hass, "command", **about)
        assert told.value.translation_key == key
    unknown = mqtt.device("rack-power_unknown")
    with pytest.raises(ServiceValidationError) as told:
        await call(hass, "get_readings", device_id=unknown.id)
    assert told.value.translation_key == "not_known"


@pytest.mark.parametrize("scope", [None, "read"])
async def test_key_refused(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    mqtt: Mqtt,
    scope: str | None,
) -> None:
    """A key that is refused is asked for anew."""
    program.scopes = {} if scope is None else {KEY: scope}
    device = mqtt.device(PDU)
    with pytest.raises(HomeAssistantError) as told:
        await call(
            hass,
            "command",
            device_id=device.id,
            part="outlet/3",
            command="outlet.on",
        )
    assert told.value.translation_key == "key_refused"
    assert KEY not in str(told.value) and READER not in str(told.value)
    await hass.async_block_till_done()
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_too_slow(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry, mqtt: Mqtt
) -> None:
    """Whoever waits for longer than is sensible is told."""
    device = mqtt.device(PDU)
    with (
        patch("custom_components.rack_power.api.COMMAND_TIME", 0.0),
        pytest.raises(HomeAssistantError) as told,
    ):
        await call(
            hass,
            "command",
            device_id=device.id,
            part="outlet/3",
            command="outlet.on",
        )
    assert told.value.translation_key == "no_answer"
