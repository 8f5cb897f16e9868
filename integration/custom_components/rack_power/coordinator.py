"""Keeps what one installation says: by its stream of events, and by asking."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
import random
from typing import Any, cast, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .api import (
    InvalidKeyError,
    KeyTooSmallError,
    RackPowerClient,
    RackPowerError,
    ServerEvent,
)
from .const import (
    CONF_INSTANCE,
    DOMAIN,
    EVENT_OUTCOME,
    LOGGER,
    MQTT_DOMAIN,
    MQTT_IDENTIFIER,
)
from .model import Entities, Health, Outcome, Repair

type RackPowerConfigEntry = ConfigEntry[RackPowerCoordinator]
type OutcomeListener = Callable[[Outcome], None]

# What the stream does not tell, such as the broker, is asked.
POLL_INTERVAL = timedelta(seconds=60)
# Seconds between tries to open the stream: doubling from the first to the last.
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
# Seconds that a restart of the program takes at most, on a slow machine: for so long
# nobody needs to hear that it is away.
RESTART = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RackPowerData:
    """What the program said last."""

    health: Health
    repairs: tuple[Repair, ...]
    entities: Entities | None


def mqtt_identifier(device: str) -> tuple[str, str]:
    """Name the device as Core's MQTT integration knows it."""
    return (MQTT_DOMAIN, f"{MQTT_IDENTIFIER}_{device}")


def event_data(
    hass: HomeAssistant, entry: RackPowerConfigEntry, outcome: Outcome
) -> dict[str, Any]:
    """Say who switched what and whether it was confirmed, for automations."""
    devices = dr.async_get(hass).async_get_devices(
        identifiers={mqtt_identifier(outcome["device"])}
    )
    by = outcome["by"]
    told = {
        "config_entry_id": entry.entry_id,
        ATTR_DEVICE_ID: devices[0].id if devices else None,
        "outcome": outcome["id"],
        "device": outcome["device"],
        "part": outcome["part"],
        "command": outcome["command"],
        "value": outcome.get("value"),
        "state": outcome["state"],
        "via": by["via"],
        "person": by.get("person"),
        "key": by.get("key"),
        "user": by.get("user"),
        "why": by.get("why"),
        "reason": outcome.get("reason"),
        "refusal": outcome.get("refusal"),
        "fault": outcome.get("fault"),
        "detail": outcome["detail"],
        "writes": outcome.get("writes"),
        "asked_at": outcome["askedAt"],
        "ended_at": outcome.get("endedAt"),
    }
    return {key: value for key, value in told.items() if value is not None}


class RackPowerCoordinator(DataUpdateCoordinator[RackPowerData]):
    """One installation."""

    config_entry: RackPowerConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: RackPowerConfigEntry,
        client: RackPowerClient,
    ) -> None:
        """Ask nothing yet."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=POLL_INTERVAL,
        )
        self.client = client
        self.streaming = False
        self.connections: dict[str, str] = {}
        self._last_event: str | None = None
        self._silent_since: float | None = None
        self._listeners_of_outcomes: set[OutcomeListener] = set()

    @override
    async def _async_update_data(self) -> RackPowerData:
        try:
            health, repairs, entities = await asyncio.gather(
                self.client.health(), self.client.repairs(), self.client.entities()
            )
        except (InvalidKeyError, KeyTooSmallError) as error:
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN,
                translation_key="key_refused",
                translation_placeholders={"detail": str(error)},
            ) from error
        except RackPowerError as error:
            if self.data is not None and not self._is_gone():
                return self.data
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="no_answer",
                translation_placeholders={"detail": str(error)},
            ) from error
        self._silent_since = None
        self._check_instance(health)
        return RackPowerData(health=health, repairs=tuple(repairs), entities=entities)

    def _is_gone(self) -> bool:
        """Tell, when it does not answer, whether a restart would be over by now."""
        now = self.hass.loop.time()
        if self._silent_since is None:
            self._silent_since = now
        return now - self._silent_since >= RESTART

    def _check_instance(self, health: Health) -> None:
        """Notice when another installation answers at this address."""
        entry = self.config_entry
        known, instance = entry.data[CONF_INSTANCE], health.get("instance")
        if instance == known:
            return
        if instance is None or entry.unique_id == known:
            raise UpdateFailed(
                translation_domain=DOMAIN, translation_key="another_installation"
            )
        # Told by the Supervisor: the same add-on, whose data folder began anew.
        self.hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_INSTANCE: instance}
        )

    @callback
    def async_add_outcome_listener(
        self, listener: OutcomeListener
    ) -> Callable[[], None]:
        """Tell each outcome; the answer ends that."""
        self._listeners_of_outcomes.add(listener)
        return lambda: self._listeners_of_outcomes.discard(listener)

    async def listen(self) -> None:
        """Keep the stream of events open for as long as the entry is loaded."""
        pause = FIRST_PAUSE
        while True:
            try:
                async for event in self.client.events(self._last_event):
                    pause = FIRST_PAUSE
                    self._silent_since = None
                    self._take(event)
            except InvalidKeyError, KeyTooSmallError:
                self.config_entry.async_start_reauth(self.hass)
                return
            except RackPowerError as error:
                LOGGER.debug("Stream of events of %s: %s", self.name, error)
            finally:
                self.streaming = False
            # Asking says once that it is away, and once that it is back.
            if self._is_gone():
                await self.async_request_refresh()
            await asyncio.sleep(pause * (0.5 + random.random()))
            pause = min(pause * 2, LONGEST_PAUSE)

    @callback
    def _take(self, event: ServerEvent) -> None:
        if event.id is not None:
            self._last_event = event.id
        match event.name:
            case "open":
                # The whole state comes first.
                self.streaming = True
                self.connections.clear()
                # It may be another version, of another configuration.
                self._refresh_soon()
            case "outcome":
                self._tell(cast(Outcome, event.data))
            case "repairs":
                self.async_set_updated_data(
                    replace(self.data, repairs=tuple(event.data))
                )
            case "device":
                self._connection(event.data["id"], event.data["connection"]["state"])
            case "connection":
                self._connection(
                    event.data["device"], event.data["connection"]["state"]
                )
            case "removed":
                self.connections.pop(event.data["device"], None)
                self._refresh_soon()

    @callback
    def _connection(self, device: str, state: str) -> None:
        if self.connections.get(device) != state:
            self.connections[device] = state
            self._refresh_soon()

    @callback
    def _refresh_soon(self) -> None:
        self.config_entry.async_create_background_task(
            self.hass, self.async_request_refresh(), f"{DOMAIN} refresh"
        )

    @callback
    def _tell(self, outcome: Outcome) -> None:
        self.hass.bus.async_fire(
            EVENT_OUTCOME, event_data(self.hass, self.config_entry, outcome)
        )
        for listener in tuple(self._listeners_of_outcomes):
            listener(outcome)
