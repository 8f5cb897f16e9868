"""Lines of the logbook: who switched what, and whether it was confirmed."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.logbook.const import (
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN, EVENT_OUTCOME

# What the program itself did has no person, and neither has what came over MQTT.
WHO = ("person", "user", "why", "key")


def _device_name(hass: HomeAssistant, data: dict[str, Any]) -> str:
    device_id = data.get(ATTR_DEVICE_ID)
    device = dr.async_get(hass).async_get(device_id) if device_id else None
    name = (device.name_by_user or device.name) if device else None
    return name or str(data["device"])


def message(hass: HomeAssistant, data: dict[str, Any]) -> str:
    """Write the sentence in Core's language."""
    texts = async_get_cached_translations(hass, hass.config.language, "common", DOMAIN)

    def text(key: str) -> str:
        return texts.get(f"component.{DOMAIN}.common.{key}", key)

    who = next((str(data[key]) for key in WHO if key in data), "MQTT")
    line = text("logbook_line").format(
        command=" ".join(str(data[key]) for key in ("command", "value") if key in data),
        part=data["part"],
        who=who,
        state=text(f"logbook_{data['state']}"),
    )
    if data["state"] != "confirmed":
        line += f": {data['detail']}"
    if "reason" in data:
        line += f" ({data['reason']})"
    return line


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[
        [str, str, Callable[[Event[dict[str, Any]]], dict[str, str]]], None
    ],
) -> None:
    """Describe our one event."""

    @callback
    def describe(event: Event[dict[str, Any]]) -> dict[str, str]:
        return {
            LOGBOOK_ENTRY_NAME: _device_name(hass, dict(event.data)),
            LOGBOOK_ENTRY_MESSAGE: message(hass, dict(event.data)),
        }

    async_describe_event(DOMAIN, EVENT_OUTCOME, describe)
