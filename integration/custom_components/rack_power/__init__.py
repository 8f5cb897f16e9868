"""Rack Power: what MQTT cannot give to Home Assistant.

Devices and their entities come by MQTT discovery. Here are the actions with answers,
the repairs, the diagnostics and the pairing with the program; no entity twice.
"""

from homeassistant.const import CONF_API_KEY, CONF_URL, CONF_VERIFY_SSL, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.typing import ConfigType
from homeassistant.loader import async_get_integration

from .api import RackPowerClient
from .const import DOMAIN
from .coordinator import RackPowerConfigEntry, RackPowerCoordinator
from .entity import device_info
from .issue import IssueKeeper
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = [Platform.BINARY_SENSOR, Platform.EVENT]


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Offer the actions, whether or not an entry is loaded."""
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: RackPowerConfigEntry) -> bool:
    """Ask the program once, then listen to it."""
    client = RackPowerClient(
        async_get_clientsession(hass, entry.data[CONF_VERIFY_SSL]),
        entry.data[CONF_URL],
        entry.data[CONF_API_KEY],
    )
    coordinator = RackPowerCoordinator(hass, entry, client)
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator

    integration = await async_get_integration(hass, DOMAIN)
    keeper = IssueKeeper(hass, entry, str(integration.version))

    def update() -> None:
        """Show in the registries what the program says now."""
        dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id, **device_info(coordinator)
        )
        keeper.update()

    update()
    entry.async_on_unload(coordinator.async_add_listener(update))
    entry.async_on_unload(keeper.clear)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    entry.async_create_background_task(hass, coordinator.listen(), f"{DOMAIN} events")
    return True


async def async_unload_entry(hass: HomeAssistant, entry: RackPowerConfigEntry) -> bool:
    """End what belongs to the entry; the actions stay."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
