"""Flows that put right what a person agrees to."""

import asyncio
from typing import Any, override

import voluptuous as vol

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .api import ProblemError, RackPowerError
from .const import MQTT_DOMAIN, MQTT_IDENTIFIER
from .coordinator import RackPowerConfigEntry, RackPowerCoordinator
from .issue import ORPHANS, orphans_of, placeholders
from .model import Repair

# After the configuration was read again, a device needs a moment to show itself.
PATIENCE = 15.0
BETWEEN_LOOKS = 1.0
# More names than that are counted and not shown.
MOST_NAMED = 30


def _is_login(repair: Repair) -> bool:
    """Tell whether somebody else has the last word; a file is right or wrong at once."""
    return repair["kind"] == "denied" or repair["kind"].startswith("broker-")


class RackPowerFlow(RepairsFlow):
    """One form with a button, shown again for as long as it is not put right."""

    def __init__(self, entry: RackPowerConfigEntry, repair: str) -> None:
        """Know what it is about."""
        self._entry = entry
        self._repair = repair

    @property
    def _coordinator(self) -> RackPowerCoordinator:
        return self._entry.runtime_data

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Begin with the form."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Show the form, and act when its button was pressed."""
        if getattr(self._entry, "runtime_data", None) is None:
            return self.async_abort(reason="not_loaded")
        error: str | None = None
        detail = ""
        if user_input is not None:
            try:
                error = await self._act()
            except ProblemError as problem:
                error, detail = "problem", "; ".join([problem.detail, *problem.errors])
            except RackPowerError as trouble:
                error, detail = "no_answer", str(trouble)
            await self._coordinator.async_refresh()
            if error is None:
                return self.async_create_entry(data={})
        words = self._words()
        if words is None:
            # Somebody else was quicker, or the device itself.
            return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            errors={} if error is None else {"base": error},
            description_placeholders={**words, "error": detail},
        )

    async def _act(self) -> str | None:
        """Do what was agreed to; the answer is the key of an error."""
        raise NotImplementedError

    def _words(self) -> dict[str, str] | None:
        """Give what the form speaks of, or None when nothing is wrong any more."""
        repair = self._told()
        return None if repair is None else placeholders(repair)

    def _told(self) -> Repair | None:
        return next(
            (
                repair
                for repair in self._coordinator.data.repairs
                if repair["id"] == self._repair
            ),
            None,
        )


class CheckAgainFlow(RackPowerFlow):
    """For what a person puts right elsewhere: have the program look again."""

    @override
    async def _act(self) -> str | None:
        client = self._coordinator.client
        before = self._told()
        await client.reload()
        patience = PATIENCE if before is not None and _is_login(before) else 0.0
        deadline = self.hass.loop.time() + patience
        while True:
            repairs = await client.repairs()
            gone = all(repair["id"] != self._repair for repair in repairs)
            if gone and await self._is_settled(before):
                return None
            if self.hass.loop.time() >= deadline:
                return "still_there"
            await asyncio.sleep(BETWEEN_LOOKS)

    async def _is_settled(self, repair: Repair | None) -> bool:
        """Tell whether the other side has answered, and not refused us.

        While a login is on its way nothing is wrong with it, and nothing is right. It
        may have been refused since the list of repairs was asked for.
        """
        if repair is None:
            return True
        if repair["kind"] == "denied":
            devices = await self._coordinator.client.devices()
            return all(
                device["connection"]["state"] != "connecting"
                and device["connection"].get("fault") != "denied"
                for device in devices
                if device["id"] == repair["device"]
            )
        if repair["kind"].startswith("broker-"):
            broker = (await self._coordinator.client.health()).get("broker")
            return broker is None or broker["state"] == "connected"
        return True


class AcceptLabelFlow(RackPowerFlow):
    """The person has looked, and the outlet is the one it was."""

    @override
    async def _act(self) -> str | None:
        repair = self._told()
        if repair is not None:
            # The label that was shown: should it have changed again, the program
            # refuses, and the form shows the new one.
            await self._coordinator.client.accept_label(
                repair["device"], repair["part"], repair["label"]
            )
        return None


class RemoveOrphansFlow(RackPowerFlow):
    """Removes registry entries that nobody publishes any more."""

    @override
    async def _act(self) -> str | None:
        # Asked again: what was published since the form was shown stays.
        await self._coordinator.async_refresh()
        found = orphans_of(self.hass, self._entry)
        if found is None:
            return "not_known_now"
        registry = er.async_get(self.hass)
        homes = {entity.device_id for entity in found if entity.device_id is not None}
        for entity in found:
            registry.async_remove(entity.entity_id)
        self._remove_empty(homes)
        return None

    def _remove_empty(self, homes: set[str]) -> None:
        """Remove devices of ours that have no entity left and are not published."""
        entities = self._coordinator.data.entities
        published = set(entities["deviceIdentifiers"]) if entities else set()
        devices = dr.async_get(self.hass)
        registry = er.async_get(self.hass)
        for home in homes:
            # Core's MQTT integration may have done so already.
            device = devices.async_get(home)
            if device is None:
                continue
            names = {
                name for domain, name in device.identifiers if domain == MQTT_DOMAIN
            }
            if (
                names
                and all(name.startswith(f"{MQTT_IDENTIFIER}_") for name in names)
                and not names & published
                and not er.async_entries_for_device(
                    registry, home, include_disabled_entities=True
                )
            ):
                devices.async_remove_device(home)

    @override
    def _words(self) -> dict[str, str] | None:
        found = orphans_of(self.hass, self._entry)
        if not found:
            return None if found is not None else {"count": "?", "entities": ""}
        names = [f"- `{entity.entity_id}`" for entity in found[:MOST_NAMED]]
        if len(found) > MOST_NAMED:
            names.append("- …")
        return {"count": str(len(found)), "entities": "\n".join(names)}


class GoneFlow(RepairsFlow):
    """The entry of the issue is not there any more."""

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Say so."""
        return self.async_abort(reason="not_loaded")


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, Any] | None
) -> RepairsFlow:
    """Choose the flow for an issue."""
    entry: RackPowerConfigEntry | None = hass.config_entries.async_get_entry(
        str((data or {}).get("entry_id"))
    )
    if data is None or entry is None:
        return GoneFlow()
    repair = str(data["repair"])
    if repair == ORPHANS:
        return RemoveOrphansFlow(entry, repair)
    if repair.startswith("label-changed"):
        return AcceptLabelFlow(entry, repair)
    return CheckAgainFlow(entry, repair)
