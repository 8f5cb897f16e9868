"""What the entities have in common."""

from homeassistant.const import CONF_URL
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import CONF_ADDON, DOMAIN
from .coordinator import RackPowerCoordinator


def device_info(coordinator: RackPowerCoordinator) -> DeviceInfo:
    """Describe the program itself; what it drives are devices of MQTT."""
    entry = coordinator.config_entry
    # The host name of an add-on means nothing to a browser.
    addon = entry.data.get(CONF_ADDON)
    url = f"homeassistant://hassio/addon/{addon}" if addon else entry.data[CONF_URL]
    return DeviceInfo(
        configuration_url=url,
        entry_type=DeviceEntryType.SERVICE,
        identifiers={(DOMAIN, entry.entry_id)},
        manufacturer="Rack Power",
        name=entry.title,
        sw_version=coordinator.data.health.get("version"),
    )


class RackPowerEntity(CoordinatorEntity[RackPowerCoordinator]):
    """An entity of the program itself."""

    _attr_has_entity_name = True

    def __init__(
        self, coordinator: RackPowerCoordinator, description: EntityDescription
    ) -> None:
        """Belong to the service device."""
        super().__init__(coordinator)
        self.entity_description = description
        self._attr_unique_id = f"{coordinator.config_entry.entry_id}_{description.key}"
        self._attr_device_info = device_info(coordinator)
