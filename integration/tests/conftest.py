"""What the tests share: a program that answers as told, and an entry for it."""

from collections.abc import AsyncGenerator, Generator
import json
import os
from pathlib import Path
from unittest.mock import patch

from aiohttp.test_utils import TestServer
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.rack_power.const import CONF_INSTANCE, DOMAIN
from homeassistant.const import CONF_API_KEY, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .program import INSTANCE, KEY, Program


@pytest.fixture(autouse=True)
def _custom(enable_custom_integrations: None, socket_enabled: None) -> None:
    """Load the integration, and let it talk to this machine."""


@pytest.fixture(autouse=True)
def _short_pauses() -> Generator[None]:
    """Do not wait for seconds what needs none."""
    with (
        patch("custom_components.rack_power.coordinator.FIRST_PAUSE", 0.01),
        patch("custom_components.rack_power.coordinator.LONGEST_PAUSE", 0.02),
        patch("custom_components.rack_power.coordinator.RESTART", 0.0),
        # Tests let minutes pass at once.
        patch("custom_components.rack_power.api.SILENT_TIME", 1e6),
        patch("custom_components.rack_power.repairs.PATIENCE", 0.05),
        patch("custom_components.rack_power.repairs.BETWEEN_LOOKS", 0.01),
    ):
        yield


@pytest.fixture
async def program() -> AsyncGenerator[Program]:
    """Run a program on a port of this machine."""
    program = Program()
    server = TestServer(program.app)
    await server.start_server()
    program.url = f"http://127.0.0.1:{server.port}"
    program.server = server
    yield program
    await program.close()
    await server.close()


@pytest.fixture
def entry(program: Program) -> MockConfigEntry:
    """Make an entry as by hand, not loaded yet."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="rack.local",
        unique_id=INSTANCE,
        data={
            CONF_URL: program.url,
            CONF_API_KEY: KEY,
            CONF_VERIFY_SSL: True,
            CONF_INSTANCE: INSTANCE,
        },
    )


@pytest.fixture
async def loaded(
    hass: HomeAssistant, program: Program, entry: MockConfigEntry
) -> AsyncGenerator[MockConfigEntry]:
    """Load the same and have it listen."""
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await program.heard(hass)
    yield entry
    if hass.config_entries.async_get_entry(entry.entry_id):
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()


class Mqtt:
    """Devices and entities as Core's MQTT integration registers them."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Have the entry they belong to."""
        self.hass = hass
        self.entry = MockConfigEntry(domain="mqtt", title="broker")
        self.entry.add_to_hass(hass)

    def device(self, name: str) -> dr.DeviceEntry:
        """Register a device by its identifier."""
        return dr.async_get(self.hass).async_get_or_create(
            config_entry_id=self.entry.entry_id, identifiers={("mqtt", name)}, name=name
        )

    def entity(
        self,
        device: str,
        key: str,
        *,
        domain: str = "switch",
        disabled: bool = False,
        live: bool = False,
    ) -> er.RegistryEntry:
        """Register an entity of a device; `live` gives it a state."""
        entity = er.async_get(self.hass).async_get_or_create(
            domain,
            "mqtt",
            f"{device}_{key}",
            config_entry=self.entry,
            device_id=self.device(device).id,
            disabled_by=er.RegistryEntryDisabler.USER if disabled else None,
        )
        if live:
            self.hass.states.async_set(entity.entity_id, "on")
        return entity


@pytest.fixture
def mqtt(hass: HomeAssistant) -> Mqtt:
    """Stand in for Core's MQTT integration, as far as registries show it."""
    return Mqtt(hass)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write for script/integration.ts what became of each test."""
    if (file := os.environ.get("RACK_POWER_REPORT")) is None:
        return
    outcomes = {
        name: [report.nodeid for report in terminalreporter.stats.get(name, [])]
        for name in ("passed", "failed", "error", "skipped")
    }
    Path(file).write_text(json.dumps(outcomes))
