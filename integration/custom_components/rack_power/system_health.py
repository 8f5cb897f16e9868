"""A few lines for the page of system information."""

from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .api import RackPowerError
from .const import DOMAIN
from .coordinator import RackPowerConfigEntry


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Offer the lines."""
    register.async_register_info(system_health_info)


async def _reach(entry: RackPowerConfigEntry) -> str | dict[str, str]:
    try:
        await entry.runtime_data.client.health()
    except RackPowerError:
        return {"type": "failed", "error": "unreachable"}
    return "ok"


async def system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Tell of each installation; their values stand side by side."""
    entries: list[RackPowerConfigEntry] = [
        entry
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.state is ConfigEntryState.LOADED
    ]
    said = [entry.runtime_data.data for entry in entries]
    lines: dict[str, Any] = {"installations": len(entries)}
    if not entries:
        return lines
    # The page waits for this one while it shows the others.
    lines["can_reach_program"] = _reach(entries[0])
    lines["version"] = ", ".join(one.health.get("version", "?") for one in said)
    lines["broker"] = ", ".join(
        one.health["broker"]["state"] if "broker" in one.health else "none"
        for one in said
    )
    lines["devices_online"] = ", ".join(
        str(one.health.get("devices", {}).get("online", 0)) for one in said
    )
    lines["repairs"] = ", ".join(str(len(one.repairs)) for one in said)
    return lines
