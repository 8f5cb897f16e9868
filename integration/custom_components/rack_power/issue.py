"""What a person can put right, as Home Assistant's repairs."""

from datetime import datetime, timedelta

from awesomeversion import AwesomeVersion, AwesomeVersionException

from homeassistant.const import ATTR_RESTORED
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.util import dt as dt_util

from .const import DOCUMENTATION, DOMAIN, MQTT_DOMAIN, MQTT_IDENTIFIER
from .coordinator import RackPowerConfigEntry
from .model import Entities, Repair

# Kinds that are put right outside of Home Assistant and looked at again from here.
CHECKED_AGAIN = {
    "quarantined": "quarantined",
    "configuration": "configuration",
    "denied": "denied",
    "broker-missing": "broker_missing",
    "broker-refused": "broker_refused",
    "broker-old": "broker_old",
}
LABEL_CHANGED = {"label-changed": "label_changed"}
# Kinds of which the program hears at its next start, or by itself.
ONLY_TOLD = {
    "option": "option",
    "supervisor": "supervisor",
    "core": "core",
    "core-old": "core_old",
}
TRANSLATION_KEYS = {**CHECKED_AGAIN, **LABEL_CHANGED, **ONLY_TOLD}

ORPHANS = "orphans"
VERSION = "version"

# At its beginning a program has not published all.
SEEN_FOR = timedelta(minutes=2)


def issue_id(entry: RackPowerConfigEntry, repair: str) -> str:
    """Name an issue; installations may have the same trouble."""
    return f"{entry.entry_id}_{repair}"


def placeholders(repair: Repair) -> dict[str, str]:
    """Give all that the texts may speak of."""
    words = ("device", "part", "label", "accepted", "file", "line", "column", "option")
    # A sentence with braces in it would be taken for one with placeholders.
    return {
        "detail": repair["detail"],
        **{word: str(repair.get(word, "")) for word in words},
    }


def _is_live(hass: HomeAssistant, entity_id: str) -> bool:
    """Tell whether an integration gives the entity a state since Core began."""
    state = hass.states.get(entity_id)
    return state is not None and not state.attributes.get(ATTR_RESTORED, False)


def find_orphans(
    hass: HomeAssistant, published: Entities, undescribed: set[str]
) -> list[er.RegistryEntry]:
    """List entities that this or an earlier program made and nobody publishes now.

    Entities of MQTT devices in `undescribed` are left alone: the program has not
    learned yet of what these are made. What has a state is published by somebody,
    perhaps by a second installation. A switched-off entity has none; it is judged
    by its device.
    """
    devices = dr.async_get(hass)
    registry = er.async_get(hass)
    known = set(published["uniqueIds"])
    own = set(published["deviceIdentifiers"])

    def names(entity: er.RegistryEntry) -> set[str]:
        device = devices.async_get(entity.device_id) if entity.device_id else None
        return {
            name
            for domain, name in (device.identifiers if device else ())
            if domain == MQTT_DOMAIN
        }

    def somebody_elses(entity: er.RegistryEntry) -> bool:
        if entity.disabled_by is None or entity.device_id is None:
            return False
        if names(entity) & own:
            return False
        return any(
            _is_live(hass, other.entity_id)
            for other in er.async_entries_for_device(registry, entity.device_id)
        )

    return [
        entity
        for entity in registry.entities.values()
        if entity.platform == MQTT_DOMAIN
        and entity.unique_id.startswith(f"{MQTT_IDENTIFIER}_")
        and entity.unique_id not in known
        and not names(entity) & undescribed
        and not _is_live(hass, entity.entity_id)
        and not somebody_elses(entity)
    ]


def orphans_of(
    hass: HomeAssistant, entry: RackPowerConfigEntry
) -> list[er.RegistryEntry] | None:
    """List the orphans, or None when that cannot be known now.

    All installations together publish what is there, so each of them must have said.
    """
    published: Entities = {"deviceIdentifiers": [], "uniqueIds": []}
    undescribed: set[str] = set()
    for other in hass.config_entries.async_entries(
        DOMAIN, include_ignore=False, include_disabled=False
    ):
        coordinator = getattr(other, "runtime_data", None)
        if coordinator is None or not coordinator.last_update_success:
            return None
        entities = coordinator.data.entities
        broker = coordinator.data.health.get("broker")
        if entities is None or not broker or broker["state"] != "connected":
            return None
        if not coordinator.streaming:
            return None
        published["deviceIdentifiers"] += entities["deviceIdentifiers"]
        published["uniqueIds"] += entities["uniqueIds"]
        undescribed |= {
            f"{MQTT_IDENTIFIER}_{device}"
            for device, state in coordinator.connections.items()
            if state != "online"
        }
    return find_orphans(hass, published, undescribed)


def version_trouble(program: str | None, integration: str) -> str | None:
    """Tell which of the two is behind; the last part of a version does not matter."""
    try:
        ours = AwesomeVersion(integration)
        theirs = AwesomeVersion(program or "")
        if (ours.major, ours.minor) == (theirs.major, theirs.minor):
            return None
        older = ours < theirs
    except AwesomeVersionException:
        return "program_old"
    return "integration_old" if older else "program_old"


class IssueKeeper:
    """Shows the repairs of one entry, and no other."""

    def __init__(
        self, hass: HomeAssistant, entry: RackPowerConfigEntry, version: str
    ) -> None:
        """Show nothing yet."""
        self._hass = hass
        self._entry = entry
        self._version = version
        self._shown: set[str] = set()
        self._orphaned_since: datetime | None = None

    @callback
    def update(self) -> None:
        """Show what is wrong now, and nothing that no longer is.

        While the program is away, what it said last is the best there is.
        """
        coordinator = self._entry.runtime_data
        wrong = {
            repair["id"]
            for repair in coordinator.data.repairs
            if self._show_repair(repair)
        }
        if self._show_version(coordinator.data.health.get("version")):
            wrong.add(VERSION)
        if self._show_orphans():
            wrong.add(ORPHANS)
        for gone in self._shown - wrong:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id(self._entry, gone))
        self._shown = wrong

    @callback
    def clear(self) -> None:
        """Take all away: nobody keeps them true any more."""
        for shown in self._shown:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id(self._entry, shown))
        self._shown = set()

    def _show_repair(self, repair: Repair) -> bool:
        key = TRANSLATION_KEYS.get(repair["kind"])
        if key is None:
            # A newer program knows more; the version's own issue says so.
            return False
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id(self._entry, repair["id"]),
            data={"entry_id": self._entry.entry_id, "repair": repair["id"]},
            is_fixable=repair["kind"] not in ONLY_TOLD,
            learn_more_url=DOCUMENTATION,
            severity=ir.IssueSeverity.ERROR,
            translation_key=key,
            translation_placeholders=placeholders(repair),
        )
        return True

    def _show_version(self, program: str | None) -> bool:
        trouble = version_trouble(program, self._version)
        if trouble is None:
            return False
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id(self._entry, VERSION),
            is_fixable=False,
            learn_more_url=DOCUMENTATION,
            severity=ir.IssueSeverity.WARNING,
            translation_key=trouble,
            translation_placeholders={
                "program": program or "?",
                "integration": self._version,
            },
        )
        return True

    def _show_orphans(self) -> bool:
        found = orphans_of(self._hass, self._entry)
        if found is None:
            return ORPHANS in self._shown
        if not found:
            self._orphaned_since = None
            return False
        now = dt_util.utcnow()
        self._orphaned_since = self._orphaned_since or now
        if now - self._orphaned_since < SEEN_FOR:
            return False
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id(self._entry, ORPHANS),
            data={"entry_id": self._entry.entry_id, "repair": ORPHANS},
            is_fixable=True,
            learn_more_url=DOCUMENTATION,
            severity=ir.IssueSeverity.WARNING,
            translation_key=ORPHANS,
            translation_placeholders={"count": str(len(found))},
        )
        return True
