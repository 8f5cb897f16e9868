"""Whether the program answers."""

from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import RackPowerConfigEntry
from .entity import RackPowerEntity

PARALLEL_UPDATES = 0

API = BinarySensorEntityDescription(
    key="api",
    translation_key="api",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RackPowerConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the one sensor."""
    async_add_entities([ApiSensor(entry.runtime_data, API)])


class ApiSensor(RackPowerEntity, BinarySensorEntity):
    """The way to the API; MQTT's own sensor tells of the way to the broker."""

    @property
    @override
    def available(self) -> bool:
        """Be there above all when the program is not."""
        return True

    @property
    @override
    def is_on(self) -> bool:
        """Tell whether it answered when last asked."""
        return self.coordinator.last_update_success
