"""Loading, listening, losing and finding again, unloading."""

from datetime import timedelta

from aiohttp import web
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.rack_power.const import CONF_ADDON, CONF_INSTANCE, DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import CONF_URL, STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .conftest import Mqtt
from .program import INSTANCE, OTHER_INSTANCE, Program, outcome, problem, settle


async def poll(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Let the minute pass after which the program is asked."""
    freezer.tick(timedelta(seconds=61))
    async_fire_time_changed(hass)
    await settle(hass)


async def test_load_and_unload(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """A service device with its version, and nothing left after unloading."""
    assert loaded.state is ConfigEntryState.LOADED
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), loaded.entry_id)
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert device.sw_version == "0.1.0"
    assert device.configuration_url == loaded.data[CONF_URL]
    assert await hass.config_entries.async_unload(loaded.entry_id)
    assert loaded.state is ConfigEntryState.NOT_LOADED
    # Automations that name the actions stay valid.
    assert hass.services.has_service(DOMAIN, "command")


async def test_version_changes(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """After an update of the program the device shows the new version."""
    program.health["version"] = "0.1.7"
    await poll(hass, freezer)
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), loaded.entry_id)
    assert device.sw_version == "0.1.7"


async def test_addon_is_linked(
    hass: HomeAssistant, program: Program, entry: MockConfigEntry
) -> None:
    """An add-on's own page is where a browser can go."""
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, CONF_ADDON: "a0d7b954_rack_power"}
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert (
        device.configuration_url == "homeassistant://hassio/addon/a0d7b954_rack_power"
    )
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("status", [404, 500, 502])
async def test_not_ready(
    hass: HomeAssistant, program: Program, entry: MockConfigEntry, status: int
) -> None:
    """A program that does not answer is tried again later."""
    program.instead["repairs"] = lambda: web.Response(status=status)
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert "does not answer" in (entry.reason or "")


async def test_wrong_key(
    hass: HomeAssistant, program: Program, entry: MockConfigEntry
) -> None:
    """A key that is refused is asked for anew."""
    program.scopes.clear()
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_key_refused_by_the_stream(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """The same while it runs, and only once."""
    program.instead["events"] = lambda: problem(401, "wrong-key")
    await program.cut()
    await settle(hass)
    assert len(hass.config_entries.flow.async_progress()) == 1
    asked = len(program.asked)
    await settle(hass)
    assert len(program.asked) == asked


async def test_another_installation(
    hass: HomeAssistant, program: Program, entry: MockConfigEntry
) -> None:
    """An entry made by hand stands for one installation and no other."""
    program.health["instance"] = OTHER_INSTANCE
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert "Another installation" in (entry.reason or "")


async def test_addon_with_new_data(
    hass: HomeAssistant, program: Program, entry: MockConfigEntry
) -> None:
    """The Supervisor's add-on is the same also when its data folder is new."""
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, unique_id="uuid-of-the-message")
    program.health["instance"] = OTHER_INSTANCE
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.data[CONF_INSTANCE] == OTHER_INSTANCE
    await hass.config_entries.async_unload(entry.entry_id)


async def test_away_and_back(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Said once when it goes and once when it comes; the sensor shows it."""
    sensor = er.async_get(hass).async_get_entity_id(
        "binary_sensor", DOMAIN, f"{loaded.entry_id}_api"
    )
    assert sensor is not None
    assert hass.states.get(sensor).state == STATE_ON  # type: ignore[union-attr]
    for path in ("health", "repairs", "entities", "events"):
        program.instead[path] = lambda: web.Response(status=502)
    await program.cut()
    for _ in range(3):
        await poll(hass, freezer)
    assert hass.states.get(sensor).state == STATE_OFF  # type: ignore[union-attr]
    assert not loaded.runtime_data.streaming
    program.instead.clear()
    await poll(hass, freezer)
    await program.heard(hass)
    assert hass.states.get(sensor).state == STATE_ON  # type: ignore[union-attr]
    assert loaded.runtime_data.streaming
    lines = [
        record.message
        for record in caplog.records
        if record.name.startswith("custom_components.rack_power")
        and record.levelname != "DEBUG"
    ]
    assert len(lines) == 2, lines


async def test_a_restart_is_no_absence(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Back within seconds: not asked while it is away, only when it is back."""
    monkeypatch.setattr("custom_components.rack_power.coordinator.RESTART", 60.0)
    asked: list[bool] = []
    coordinator = loaded.runtime_data

    async def ask() -> None:
        asked.append(coordinator.streaming)

    monkeypatch.setattr(coordinator, "async_request_refresh", ask)
    program.instead["events"] = lambda: web.Response(status=502)
    await program.cut()
    for _ in range(3):
        await settle(hass)
    assert not coordinator.streaming
    assert asked == []
    program.instead.clear()
    await program.heard(hass)
    assert set(asked) == {True}


async def test_asked_during_a_restart(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    program: Program,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Who asks just then hears what was so before; after a restart's time it is away."""
    monkeypatch.setattr("custom_components.rack_power.coordinator.RESTART", 60.0)
    coordinator = loaded.runtime_data
    before = coordinator.data
    program.instead["health"] = lambda: web.Response(status=502)
    await coordinator.async_refresh()
    assert coordinator.last_update_success
    assert coordinator.data is before
    assert "Error fetching" not in caplog.text
    monkeypatch.setattr("custom_components.rack_power.coordinator.RESTART", 0.0)
    await coordinator.async_refresh()
    assert not coordinator.last_update_success
    program.instead.clear()
    await coordinator.async_refresh()
    assert coordinator.last_update_success


async def test_stream_comes_back_where_it_was(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """The outcomes since the last event are asked for."""
    await program.emit(hass, "outcome", outcome(), "o-1.42")
    await program.cut()
    await program.heard(hass)
    assert program.last_event_ids == [None, "o-1.42"]


@pytest.mark.parametrize(
    "text", [b"event: outcome\ndata: {nonsense\n\n", b"data: " + b"x" * 200_000]
)
async def test_stream_of_nonsense(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    text: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stream that makes no sense is ended and opened again."""
    monkeypatch.setattr("custom_components.rack_power.api.LARGEST_EVENT", 100_000)
    await program.raw(hass, text)
    await settle(hass)
    assert len(program.last_event_ids) > 1
    assert loaded.state is ConfigEntryState.LOADED


async def test_stream_that_is_none(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """Something else answers there."""
    program.instead["events"] = lambda: web.Response(text="hello")
    await program.cut()
    await settle(hass)
    assert not loaded.runtime_data.streaming
    program.instead.clear()
    await program.heard(hass)
    assert loaded.runtime_data.streaming


async def test_devices_by_the_stream(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """Connections are followed; a comment and an unknown event do no harm."""
    coordinator = loaded.runtime_data
    assert coordinator.connections == {"rack-pdu": "online"}
    await program.raw(hass, b": 2026-08-20T10:00:00Z\n\n")
    await program.emit(hass, "readings", {"device": "rack-pdu"})
    await program.emit(
        hass,
        "connection",
        {"device": "rack-pdu", "connection": {"state": "offline"}},
    )
    assert coordinator.connections == {"rack-pdu": "offline"}
    await program.emit(hass, "removed", {"device": "rack-pdu"})
    assert coordinator.connections == {}


async def test_outcomes_become_events(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    mqtt: Mqtt,
) -> None:
    """Who switched what and whether it was confirmed, with the device of MQTT."""
    device = mqtt.device("rack-power_rack-pdu")
    events = async_capture_events(hass, "rack_power_outcome")
    await program.emit(hass, "outcome", outcome(reason="noon"))
    await program.emit(
        hass,
        "outcome",
        outcome(
            "refused",
            id="o-2",
            device="elsewhere",
            by={"via": "mqtt"},
            refusal="locked",
        ),
    )
    assert [event.data for event in events] == [
        {
            "config_entry_id": loaded.entry_id,
            "device_id": device.id,
            "outcome": "o-1",
            "device": "rack-pdu",
            "part": "outlet/3",
            "command": "outlet.on",
            "state": "confirmed",
            "via": "rest",
            "person": "Ada",
            "key": "home-assistant",
            "reason": "noon",
            "detail": "the device says on",
            "writes": 1,
            "asked_at": "2026-08-20T10:00:00Z",
            "ended_at": "2026-08-20T10:00:01Z",
        },
        {
            "config_entry_id": loaded.entry_id,
            "outcome": "o-2",
            "device": "elsewhere",
            "part": "outlet/3",
            "command": "outlet.on",
            "state": "refused",
            "via": "mqtt",
            "refusal": "locked",
            "detail": "the device says on",
            "writes": 1,
            "asked_at": "2026-08-20T10:00:00Z",
            "ended_at": "2026-08-20T10:00:01Z",
        },
    ]


async def test_event_entity(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """Off by itself, as MQTT has one; switched on it tells every end of a command."""
    registry = er.async_get(hass)
    entity = registry.async_get_entity_id("event", DOMAIN, f"{loaded.entry_id}_outcome")
    assert entity is not None
    assert hass.states.get(entity) is None
    registry.async_update_entity(entity, disabled_by=None)
    await hass.config_entries.async_reload(loaded.entry_id)
    await program.cut()
    await program.heard(hass)
    await program.emit(hass, "outcome", outcome("unconfirmed", fault="timeout"))
    state = hass.states.get(entity)
    assert state is not None
    assert state.attributes["event_type"] == "unconfirmed"
    assert state.attributes["person"] == "Ada"
    assert state.attributes["fault"] == "timeout"
    before = state.state
    await program.emit(hass, "outcome", outcome("something-new"))
    assert hass.states.get(entity).state == before  # type: ignore[union-attr]


def test_entry_is_for_this_installation(entry: MockConfigEntry) -> None:
    """The fixture is what the flow makes."""
    assert entry.unique_id == INSTANCE
