"""How an installation gets into Home Assistant: by the Supervisor, or by hand."""

from collections.abc import Mapping
from typing import Any, override

from awesomeversion import AwesomeVersion
import voluptuous as vol
from yarl import URL

from homeassistant.config_entries import SOURCE_REAUTH, ConfigFlow, ConfigFlowResult
from homeassistant.const import (
    CONF_API_KEY,
    CONF_HOST,
    CONF_PORT,
    CONF_URL,
    CONF_VERIFY_SSL,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.service_info.hassio import HassioServiceInfo

from .api import (
    CannotConnectError,
    InvalidKeyError,
    KeyTooSmallError,
    NotRackPowerError,
    ProblemError,
    RackPowerClient,
    RackPowerError,
    TooOldError,
)
from .const import CONF_ADDON, CONF_INSTANCE, DOCUMENTATION, DOMAIN, LOGGER, MIN_VERSION

KEY = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
)
KEY_SCHEMA = vol.Schema({vol.Required(CONF_API_KEY): KEY})
ADDRESS_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_URL): TextSelector(
            TextSelectorConfig(type=TextSelectorType.URL)
        ),
        vol.Required(CONF_API_KEY): KEY,
        vol.Required(CONF_VERIFY_SSL, default=True): BooleanSelector(),
    }
)

# Field and key of the sentence that says what is wrong.
TROUBLES: dict[type[RackPowerError], tuple[str, str]] = {
    CannotConnectError: ("base", "cannot_connect"),
    InvalidKeyError: (CONF_API_KEY, "invalid_auth"),
    KeyTooSmallError: (CONF_API_KEY, "key_too_small"),
    NotRackPowerError: (CONF_URL, "not_rack_power"),
    TooOldError: ("base", "too_old"),
    ProblemError: ("base", "problem"),
}
PLACEHOLDERS = {"documentation": DOCUMENTATION, "min_version": MIN_VERSION}


def clean_url(text: str) -> str | None:
    """Give the address as it is kept; None for what is none."""
    try:
        url = URL(text.strip())
        # Asking for the port finds one that is no number.
        usable = url.port is not None
    except ValueError:
        return None
    if not usable or url.scheme not in ("http", "https") or not url.host:
        return None
    # A password in an address ends up where addresses are shown.
    if url.user is not None or url.password is not None:
        return None
    return str(url.with_query(None).with_fragment(None)).rstrip("/")


async def ask_instance(hass: HomeAssistant, data: Mapping[str, Any]) -> str:
    """Try address and key, and give the name of the installation that is there."""
    session = async_get_clientsession(hass, data[CONF_VERIFY_SSL])
    client = RackPowerClient(session, data[CONF_URL], data[CONF_API_KEY])
    health = await client.health()
    if "version" not in health:
        # What a key that may not read gets is what everybody gets.
        raise KeyTooSmallError("the key may not read")
    instance = health.get("instance")
    if instance is None or AwesomeVersion(health["version"]) < MIN_VERSION:
        raise TooOldError(f"version {health['version']}")
    await client.check_scope()
    return instance


class RackPowerConfigFlow(ConfigFlow, domain=DOMAIN):
    """One entry for each installation."""

    VERSION = 1
    MINOR_VERSION = 1

    def __init__(self) -> None:
        """Know nothing yet."""
        self._found: dict[str, Any] = {}
        self._name = ""

    async def _try(
        self, data: Mapping[str, Any]
    ) -> tuple[str | None, dict[str, str], dict[str, str]]:
        """Give the instance, or the errors for the form, and what they speak of."""
        try:
            return await ask_instance(self.hass, data), {}, PLACEHOLDERS
        except RackPowerError as error:
            field, key = TROUBLES[type(error)]
            LOGGER.debug("Trying %s: %s", data[CONF_URL], error)
            return None, {field: key}, {**PLACEHOLDERS, "detail": str(error)}

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for address and key."""
        errors: dict[str, str] = {}
        placeholders = PLACEHOLDERS
        if user_input is not None:
            data, errors = self._read(user_input)
            if not errors:
                instance, errors, placeholders = await self._try(data)
                if instance is not None:
                    return await self._create(data, instance)
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(ADDRESS_SCHEMA, user_input),
            errors=errors,
            description_placeholders=placeholders,
        )

    def _read(self, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        url = clean_url(given[CONF_URL])
        if url is None:
            return {}, {CONF_URL: "invalid_url"}
        return {**given, CONF_URL: url, CONF_API_KEY: given[CONF_API_KEY].strip()}, {}

    async def _create(self, data: dict[str, Any], instance: str) -> ConfigFlowResult:
        await self.async_set_unique_id(instance)
        self._abort_if_unique_id_configured()
        # The same one may be there by the Supervisor, under the name it gave.
        self._async_abort_entries_match({CONF_INSTANCE: instance})
        return self.async_create_entry(
            title=URL(data[CONF_URL]).host or "Rack Power",
            data={**data, CONF_INSTANCE: instance},
        )

    @override
    async def async_step_hassio(
        self, discovery_info: HassioServiceInfo
    ) -> ConfigFlowResult:
        """Take what the add-on told the Supervisor.

        The message's own id is the entry's: by it Core removes the entry together
        with the add-on.
        """
        config = discovery_info.config
        try:
            url = f"http://{config[CONF_HOST]}:{config[CONF_PORT]}"
            self._found = {
                CONF_URL: url,
                CONF_API_KEY: config[CONF_API_KEY],
                CONF_VERIFY_SSL: True,
                CONF_ADDON: discovery_info.slug,
            }
        except KeyError:
            return self.async_abort(reason="invalid_discovery")
        await self.async_set_unique_id(discovery_info.uuid)
        self._abort_if_unique_id_configured(
            updates={key: self._found[key] for key in (CONF_URL, CONF_API_KEY)}
        )
        # An entry made by hand stands for the same installation; when the add-on
        # does not answer yet, the form finds out.
        instance, _, _ = await self._try(self._found)
        if instance is not None:
            self._async_abort_entries_match({CONF_INSTANCE: instance})
        self._name = discovery_info.name
        self.context["title_placeholders"] = {"name": self._name}
        return await self.async_step_hassio_confirm()

    async def async_step_hassio_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let the person agree."""
        errors: dict[str, str] = {}
        placeholders = PLACEHOLDERS
        if user_input is not None:
            instance, found, placeholders = await self._try(self._found)
            if instance is not None:
                self._async_abort_entries_match({CONF_INSTANCE: instance})
                return self.async_create_entry(
                    title=self._name, data={**self._found, CONF_INSTANCE: instance}
                )
            # There are no fields here.
            errors = {"base": next(iter(found.values()))}
        self._set_confirm_only()
        return self.async_show_form(
            step_id="hassio_confirm",
            errors=errors,
            description_placeholders={**placeholders, "addon": self._name},
        )

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Ask for another key, because this one is refused."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the key and try it."""
        entry = self._get_reauth_entry()
        return await self._change(
            "reauth_confirm", KEY_SCHEMA, dict(entry.data), user_input
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for address and key again."""
        entry = self._get_reconfigure_entry()
        return await self._change(
            "reconfigure", ADDRESS_SCHEMA, dict(entry.data), user_input
        )

    async def _change(
        self,
        step: str,
        schema: vol.Schema,
        before: dict[str, Any],
        user_input: dict[str, Any] | None,
    ) -> ConfigFlowResult:
        """Change the entry when what was given works and is the same installation."""
        errors: dict[str, str] = {}
        placeholders = PLACEHOLDERS
        shown = {key: before[key] for key in (CONF_URL, CONF_VERIFY_SSL)}
        if user_input is not None:
            shown = user_input
            data, errors = self._read({**before, **user_input})
            if not errors:
                instance, errors, placeholders = await self._try(data)
                if instance is not None:
                    return self._finish(data, instance)
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders={**placeholders, "url": before[CONF_URL]},
        )

    def _finish(self, data: dict[str, Any], instance: str) -> ConfigFlowResult:
        entry = (
            self._get_reauth_entry()
            if self.source == SOURCE_REAUTH
            else self._get_reconfigure_entry()
        )
        if instance != entry.data[CONF_INSTANCE]:
            return self.async_abort(reason="another_installation")
        return self.async_update_reload_and_abort(entry, data=data)
