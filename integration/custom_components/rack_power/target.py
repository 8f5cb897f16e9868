"""Finds what an action is about: devices of MQTT and their parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .const import DOMAIN, MQTT_DOMAIN, MQTT_IDENTIFIER
from .coordinator import RackPowerConfigEntry
from .model import Device, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an action is about."""

    entry: RackPowerConfigEntry
    device: str
    # Of this entity, when the call named one.
    unique_id: str | None
    # For permissions.
    entity_ids: tuple[str, ...]


def part_key(part: str) -> str:
    """Write a part as in unique ids: componentKey of src/publish/mqtt/component.ts."""
    return part.replace("_", ":").replace("-", "--").replace("/", "-")


def invalid(key: str, **placeholders: str) -> ServiceValidationError:
    """Make the error of a call that cannot be carried out as it is."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )


def _entry_for(hass: HomeAssistant, identifier: str) -> RackPowerConfigEntry:
    """Find the installation that publishes the device."""
    loaded = [
        cast(RackPowerConfigEntry, entry)
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.state is ConfigEntryState.LOADED
    ]
    if not loaded:
        raise invalid("not_loaded")
    for entry in loaded:
        entities = entry.runtime_data.data.entities
        if entities and identifier in entities["deviceIdentifiers"]:
            return entry
    if len(loaded) == 1:
        # It says best why it does not have the device.
        return loaded[0]
    raise invalid("not_published", device=identifier)


def find_target(hass: HomeAssistant, data: Mapping[str, Any]) -> Target:
    """Find the program's device behind one of MQTT."""
    registry = er.async_get(hass)
    unique_id: str | None = None
    entity_ids: tuple[str, ...]
    if entity_id := data.get(ATTR_ENTITY_ID):
        entity = registry.async_get(entity_id)
        if entity is None or entity.platform != MQTT_DOMAIN or not entity.device_id:
            raise invalid("not_ours", target=entity_id)
        device_id, unique_id = entity.device_id, entity.unique_id
        entity_ids = (entity.entity_id,)
    else:
        device_id = data[ATTR_DEVICE_ID]
        entity_ids = tuple(
            entity.entity_id
            for entity in er.async_entries_for_device(
                registry, device_id, include_disabled_entities=True
            )
        )
    device = dr.async_get(hass).async_get(device_id)
    start = f"{MQTT_IDENTIFIER}_"
    for domain, name in device.identifiers if device else ():
        if domain == MQTT_DOMAIN and name.startswith(start):
            return Target(
                entry=_entry_for(hass, name),
                device=name.removeprefix(start),
                unique_id=unique_id,
                entity_ids=entity_ids,
            )
    raise invalid("not_ours", target=entity_id or device_id)


def find_part(target: Target, device: Device, part: str | None) -> Part | None:
    """Find the part that the call named, itself or by an entity."""
    if part is not None:
        for one in device["parts"]:
            if one["id"] == part:
                return one
        known = ", ".join(one["id"] for one in device["parts"])
        raise invalid("no_such_part", device=target.device, part=part, parts=known)
    if target.unique_id is not None:
        for one in device["parts"]:
            start = f"{MQTT_IDENTIFIER}_{target.device}_{part_key(one['id'])}_"
            if target.unique_id.startswith(start):
                return one
        raise invalid("no_part_of_entity", target=target.entity_ids[0])
    return None
