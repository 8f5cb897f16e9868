"""What a person may send to us when something is wrong."""

from typing import Any

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.const import CONF_API_KEY, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry

from .api import RackPowerError
from .coordinator import RackPowerConfigEntry

# Secrets, and what names people, places and single devices.
TO_REDACT = {
    CONF_API_KEY,
    CONF_URL,
    "configuration_url",
    "confirm",
    "instance",
    "key",
    "mac",
    "person",
    "serial",
    "unique_id",
    "user",
}
OUTCOMES = 20


def _without(secret: str, data: Any) -> Any:
    """Take the secret out of every text, wherever it may have got."""
    if isinstance(data, str):
        return data.replace(secret, REDACTED)
    if isinstance(data, dict):
        return {key: _without(secret, value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_without(secret, value) for value in data]
    return data


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: RackPowerConfigEntry
) -> dict[str, Any]:
    """Tell what the program says of itself."""
    coordinator = entry.runtime_data
    client = coordinator.client
    told: dict[str, Any] = {}
    try:
        told["devices"] = await client.devices()
        told["outcomes"] = await client.outcomes(limit=OUTCOMES)
    except RackPowerError as error:
        told["error"] = str(error)
    data = {
        "entry": {
            "data": dict(entry.data),
            "source": entry.source,
            "version": f"{entry.version}.{entry.minor_version}",
        },
        "answers": coordinator.last_update_success,
        "streaming": coordinator.streaming,
        "health": coordinator.data.health,
        "repairs": list(coordinator.data.repairs),
        "entities": coordinator.data.entities,
        **told,
    }
    redacted: dict[str, Any] = _without(
        entry.data[CONF_API_KEY], async_redact_data(data, TO_REDACT)
    )
    return redacted


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: RackPowerConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """Tell the same for the service device; what it drives are devices of MQTT."""
    return {
        "device": {"name": device.name, "sw_version": device.sw_version},
        **await async_get_config_entry_diagnostics(hass, entry),
    }
