"""The actions."""

from math import isfinite
from typing import Any, cast

import voluptuous as vol

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID, ATTR_ENTITY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, Unauthorized, UnknownUser
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import (
    async_get_config_entry,
    async_register_admin_service,
)

from .api import InvalidKeyError, KeyTooSmallError, ProblemError, RackPowerError
from .const import DOCUMENTATION, DOMAIN
from .coordinator import RackPowerConfigEntry
from .model import Device
from .target import Target, find_part, find_target, invalid

ATTR_PART = "part"
ATTR_COMMAND = "command"
ATTR_VALUE = "value"
ATTR_REASON = "reason"
ATTR_CONFIRM = "confirm"
ATTR_LIMIT = "limit"
ATTR_HOST = "host"
ATTR_DRIVER = "driver"
ATTR_OPTIONS = "options"

SERVICE_COMMAND = "command"
SERVICE_GET_READINGS = "get_readings"
SERVICE_GET_OUTCOMES = "get_outcomes"
SERVICE_IDENTIFY = "identify"
SERVICE_RELOAD = "reload"

TARGET: dict[vol.Marker, Any] = {
    vol.Exclusive(ATTR_DEVICE_ID, "target"): cv.string,
    vol.Exclusive(ATTR_ENTITY_ID, "target"): cv.entity_id,
    vol.Optional(ATTR_PART): cv.string,
}
HAS_TARGET = cv.has_at_least_one_key(ATTR_DEVICE_ID, ATTR_ENTITY_ID)


def _value(value: Any) -> float | int | str:
    """Take a number or a text; true is none of them, although Python counts with it."""
    if isinstance(value, (float, int)) and not isinstance(value, bool):
        if isfinite(value):
            return value
    elif isinstance(value, str) and len(value) <= 500:
        return value
    raise vol.Invalid("expected a number, or a text of at most 500 characters")


COMMAND_SCHEMA = vol.All(
    vol.Schema(
        {
            **TARGET,
            vol.Required(ATTR_COMMAND): cv.string,
            vol.Optional(ATTR_VALUE): _value,
            vol.Optional(ATTR_REASON): vol.All(cv.string, vol.Length(max=500)),
            vol.Optional(ATTR_CONFIRM): vol.All(cv.string, vol.Length(max=100)),
        }
    ),
    HAS_TARGET,
)
READINGS_SCHEMA = vol.All(vol.Schema(TARGET), HAS_TARGET)
OUTCOMES_SCHEMA = vol.Schema(
    {
        **TARGET,
        vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        vol.Optional(ATTR_LIMIT, default=100): vol.All(
            vol.Coerce(int), vol.Range(min=1, max=1000)
        ),
    }
)
IDENTIFY_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        vol.Required(ATTR_HOST): vol.All(cv.string, vol.Length(min=1, max=255)),
        vol.Optional(ATTR_DRIVER): cv.string,
        vol.Optional(ATTR_OPTIONS): dict,
    }
)
RELOAD_SCHEMA = vol.Schema({vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string})

# Kinds of problems (src/publish/rest/status.ts), each with a text of its own. What the
# caller can put right by asking otherwise is for him alone; the rest is for the log.
CALLERS = {
    "not-known",
    "not-capable",
    "wrong-value",
    "quarantined",
    "locked",
    "feeds-this-host",
    "confirmation-needed",
    "label-changed",
    "pending",
    "retained",
    "duplicate",
    "unsupported",
    "invalid",
}
DEVICES = {
    "late",
    "stopping",
    "unconfirmed",
    "unreachable",
    "timeout",
    "denied",
    "rejected",
    "malformed",
    "busy",
    "configuration",
}


async def _check_user(
    call: ServiceCall, policy: str, entity_ids: tuple[str, ...] | None
) -> str | None:
    """Give the caller's name when he may; `entity_ids` None asks for all of them.

    Automations have no user and may.
    """
    if call.context.user_id is None:
        return None
    user = await call.hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise UnknownUser(context=call.context, permission=policy)
    may = (
        user.permissions.access_all_entities(policy)
        if not entity_ids
        else all(user.permissions.check_entity(one, policy) for one in entity_ids)
    )
    if not (user.is_admin or may):
        raise Unauthorized(context=call.context, permission=policy)
    return user.name


def _commanded_part(
    target: Target, device: Device, part: str | None, command: str
) -> str:
    """Find the one part that is meant."""
    if (found := find_part(target, device, part)) is not None:
        return found["id"]
    able = [one["id"] for one in device["parts"] if command in one["commands"]]
    if len(able) == 1:
        return able[0]
    if not able:
        raise invalid("not_capable", device=target.device, part="", detail=command)
    raise invalid(
        "part_needed", device=target.device, command=command, parts=", ".join(able)
    )


def _failure(
    entry: RackPowerConfigEntry, error: RackPowerError, **about: str
) -> HomeAssistantError:
    """Say in the caller's language what the program answered."""
    if isinstance(error, (InvalidKeyError, KeyTooSmallError)):
        entry.async_start_reauth(entry.runtime_data.hass)
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="key_refused",
            translation_placeholders={"detail": str(error)},
        )
    if not isinstance(error, ProblemError):
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="no_answer",
            translation_placeholders={"detail": str(error)},
        )
    kind = error.kind or ("not-known" if error.status == 404 else "")
    words = {
        "device": about.get("device", ""),
        "part": about.get("part", ""),
        "command": about.get("command", ""),
        "detail": "; ".join([error.detail, *error.errors]),
        "status": str(error.status),
        "confirm": error.confirm or "",
        "seconds": f"{error.confirm_seconds or 0:.0f}",
    }
    if kind in CALLERS:
        return invalid(kind.replace("-", "_"), **words)
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=kind.replace("-", "_") if kind in DEVICES else "problem",
        translation_placeholders=words,
    )


async def _command(call: ServiceCall) -> ServiceResponse:
    target = find_target(call.hass, call.data)
    person = await _check_user(call, POLICY_CONTROL, target.entity_ids)
    client = target.entry.runtime_data.client
    command: str = call.data[ATTR_COMMAND]
    part = call.data.get(ATTR_PART)
    try:
        if part is None:
            device = await client.device(target.device)
            part = _commanded_part(target, device, None, command)
        outcome = await client.command(
            target.device,
            part,
            command,
            value=call.data.get(ATTR_VALUE),
            reason=call.data.get(ATTR_REASON),
            confirm=call.data.get(ATTR_CONFIRM),
            # As long as the program takes.
            person=None if person is None else person[:100],
        )
    except RackPowerError as error:
        about = {"device": target.device, "part": part or "", "command": command}
        raise _failure(target.entry, error, **about) from error
    return cast(ServiceResponse, outcome)


async def _get_readings(call: ServiceCall) -> ServiceResponse:
    target = find_target(call.hass, call.data)
    await _check_user(call, POLICY_READ, target.entity_ids)
    try:
        device = await target.entry.runtime_data.client.device(target.device)
    except RackPowerError as error:
        raise _failure(target.entry, error, device=target.device) from error
    part = find_part(target, device, call.data.get(ATTR_PART))
    return cast(
        ServiceResponse,
        {
            "device": device["id"],
            "name": device["name"],
            "connection": device["connection"],
            "parts": {
                one["id"]: {"name": one["name"], "readings": one["readings"]}
                for one in device["parts"]
                if part is None or one is part
            },
        },
    )


async def _get_outcomes(call: ServiceCall) -> ServiceResponse:
    device: str | None = None
    part: str | None = call.data.get(ATTR_PART)
    entry: RackPowerConfigEntry
    if ATTR_DEVICE_ID in call.data or ATTR_ENTITY_ID in call.data:
        target = find_target(call.hass, call.data)
        await _check_user(call, POLICY_READ, target.entity_ids)
        entry, device = target.entry, target.device
    else:
        await _check_user(call, POLICY_READ, None)
        target = None
        entry = async_get_config_entry(
            call.hass, DOMAIN, call.data.get(ATTR_CONFIG_ENTRY_ID)
        )
    client = entry.runtime_data.client
    try:
        if target is not None and target.unique_id is not None and part is None:
            found = find_part(target, await client.device(target.device), None)
            part = found["id"] if found else None
        outcomes = await client.outcomes(
            device=device, part=part, limit=call.data[ATTR_LIMIT]
        )
    except RackPowerError as error:
        raise _failure(entry, error, device=device or "") from error
    return cast(ServiceResponse, {"outcomes": outcomes})


async def _identify(call: ServiceCall) -> ServiceResponse:
    entry: RackPowerConfigEntry = async_get_config_entry(
        call.hass, DOMAIN, call.data.get(ATTR_CONFIG_ENTRY_ID)
    )
    try:
        results = await entry.runtime_data.client.identify(
            call.data[ATTR_HOST],
            call.data.get(ATTR_DRIVER),
            call.data.get(ATTR_OPTIONS),
        )
    except RackPowerError as error:
        raise _failure(entry, error) from error
    return cast(ServiceResponse, {"results": results})


async def _reload(call: ServiceCall) -> ServiceResponse:
    entry: RackPowerConfigEntry = async_get_config_entry(
        call.hass, DOMAIN, call.data.get(ATTR_CONFIG_ENTRY_ID)
    )
    try:
        result = await entry.runtime_data.client.reload()
    except RackPowerError as error:
        raise _failure(entry, error) from error
    await entry.runtime_data.async_request_refresh()
    return cast(ServiceResponse, result)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    for name, action, schema, response in (
        (SERVICE_COMMAND, _command, COMMAND_SCHEMA, SupportsResponse.OPTIONAL),
        (SERVICE_GET_READINGS, _get_readings, READINGS_SCHEMA, SupportsResponse.ONLY),
        (SERVICE_GET_OUTCOMES, _get_outcomes, OUTCOMES_SCHEMA, SupportsResponse.ONLY),
    ):
        hass.services.async_register(
            DOMAIN, name, action, schema=schema, supports_response=response
        )
    async_register_admin_service(
        hass,
        DOMAIN,
        SERVICE_IDENTIFY,
        _identify,
        schema=IDENTIFY_SCHEMA,
        supports_response=SupportsResponse.ONLY,
        description_placeholders={"documentation": DOCUMENTATION},
    )
    async_register_admin_service(
        hass,
        DOMAIN,
        SERVICE_RELOAD,
        _reload,
        schema=RELOAD_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )
