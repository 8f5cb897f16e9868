"""Outcomes of commands as an event entity."""

from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import RackPowerConfigEntry, event_data
from .entity import RackPowerEntity
from .model import OUTCOME_STATES, Outcome

PARALLEL_UPDATES = 0

# MQTT has one as well. Whoever wants to hear of commands also while the broker is
# away, or wants device ids in them, switches this one on.
OUTCOME = EventEntityDescription(
    key="outcome",
    translation_key="outcome",
    event_types=list(OUTCOME_STATES),
    entity_registry_enabled_default=False,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RackPowerConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the one entity."""
    async_add_entities([OutcomeEvent(entry.runtime_data, OUTCOME)])


class OutcomeEvent(RackPowerEntity, EventEntity):
    """Who switched what, and whether it was confirmed."""

    @override
    async def async_added_to_hass(self) -> None:
        """Hear of outcomes from now on."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self.coordinator.async_add_outcome_listener(self._outcome_ended)
        )

    @callback
    def _outcome_ended(self, outcome: Outcome) -> None:
        if outcome["state"] not in OUTCOME_STATES:
            return
        attributes = event_data(self.hass, self.coordinator.config_entry, outcome)
        self._trigger_event(outcome["state"], attributes)
        self.async_write_ha_state()
