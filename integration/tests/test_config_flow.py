"""Every way into Home Assistant, and every way to fail on it."""

from collections.abc import Callable
from typing import Any

from aiohttp import web
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.rack_power.config_flow import clean_url
from custom_components.rack_power.const import CONF_INSTANCE, DOMAIN
from homeassistant.config_entries import (
    SOURCE_HASSIO,
    SOURCE_IGNORE,
    SOURCE_USER,
    ConfigFlowResult,
)
from homeassistant.const import CONF_API_KEY, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.hassio import HassioServiceInfo

from .program import INSTANCE, KEY, OTHER_INSTANCE, READER, Program, problem

UUID = "6f2c9f5ad2a94a0d8a6b5c6f0f1f2a3b"


def given(program: Program, **change: Any) -> dict[str, Any]:
    """Write what a person writes into the form."""
    return {
        CONF_URL: program.url,
        CONF_API_KEY: KEY,
        CONF_VERIFY_SSL: True,
        **change,
    }


async def by_hand(hass: HomeAssistant, data: dict[str, Any]) -> ConfigFlowResult:
    """Open the form and send it."""
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "user"
    assert form["errors"] == {}
    return await hass.config_entries.flow.async_configure(form["flow_id"], data)


def found(program: Program, **change: Any) -> HassioServiceInfo:
    """Tell what the Supervisor tells."""
    host, port = program.url.removeprefix("http://").split(":")
    return HassioServiceInfo(
        config={
            "addon": "Rack Power",
            "host": host,
            "port": int(port),
            "api_key": KEY,
            **change,
        },
        name="Rack Power",
        slug="a0d7b954_rack_power",
        uuid=UUID,
    )


async def by_supervisor(
    hass: HomeAssistant, info: HassioServiceInfo
) -> ConfigFlowResult:
    """Tell the flow what the Supervisor tells."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_HASSIO}, data=info
    )


async def test_by_hand(hass: HomeAssistant, program: Program) -> None:
    """An address and a key make an entry; what surrounds them is cut off."""
    result = await by_hand(
        hass,
        given(program, **{CONF_URL: f" {program.url}/ ", CONF_API_KEY: f" {KEY} "}),
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "127.0.0.1"
    assert result["data"] == {**given(program), CONF_INSTANCE: INSTANCE}
    assert result["result"].unique_id == INSTANCE
    # The key was tried for all that it must be able to, and nothing was done with it.
    assert ("POST", "identify", None) in program.asked


def _html() -> web.Response:
    return web.Response(text="<html>It works!</html>", content_type="text/html")


@pytest.mark.parametrize(
    ("prepare", "change", "errors"),
    [
        (lambda p: None, {CONF_URL: "rack"}, {CONF_URL: "invalid_url"}),
        (lambda p: None, {CONF_API_KEY: "x"}, {CONF_API_KEY: "invalid_auth"}),
        (lambda p: None, {CONF_API_KEY: READER}, {CONF_API_KEY: "key_too_small"}),
        (
            lambda p: p.instead.update(
                health=lambda: web.json_response({"state": "ready"})
            ),
            {},
            {CONF_API_KEY: "key_too_small"},
        ),
        (lambda p: p.instead.update(health=_html), {}, {CONF_URL: "not_rack_power"}),
        (
            lambda p: p.instead.update(health=lambda: web.Response(status=404)),
            {},
            {CONF_URL: "not_rack_power"},
        ),
        (
            lambda p: p.instead.update(health=lambda: web.json_response(["ready"])),
            {},
            {CONF_URL: "not_rack_power"},
        ),
        (
            lambda p: p.instead.update(health=lambda: web.Response(status=502)),
            {},
            {"base": "cannot_connect"},
        ),
        (lambda p: p.health.pop("instance"), {}, {"base": "too_old"}),
        (lambda p: p.health.update(version="0.0.9"), {}, {"base": "too_old"}),
        (
            lambda p: p.instead.update(health=lambda: problem(429, None)),
            {},
            {"base": "problem"},
        ),
        (
            lambda p: p.instead.update(identify=lambda: problem(503, "stopping")),
            {},
            {"base": "problem"},
        ),
    ],
)
async def test_by_hand_wrong_and_put_right(
    hass: HomeAssistant,
    program: Program,
    prepare: Callable[[Program], Any],
    change: dict[str, Any],
    errors: dict[str, str],
) -> None:
    """What is wrong is said, and the same form goes on when it is put right."""
    healthy = dict(program.health)
    prepare(program)
    result = await by_hand(hass, given(program, **change))
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors
    program.instead.clear()
    program.health = healthy
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], given(program)
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_by_hand_nobody_there(hass: HomeAssistant, program: Program) -> None:
    """A port where nobody listens."""
    assert program.server is not None
    await program.server.close()
    result = await by_hand(hass, given(program))
    assert result["errors"] == {"base": "cannot_connect"}


async def test_by_hand_twice(
    hass: HomeAssistant, program: Program, entry: MockConfigEntry
) -> None:
    """The same installation is not taken twice."""
    entry.add_to_hass(hass)
    result = await by_hand(hass, given(program))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_by_hand_after_supervisor(hass: HomeAssistant, program: Program) -> None:
    """Neither when the Supervisor found it, whose entry has another name for it."""
    form = await by_supervisor(hass, found(program))
    made = await hass.config_entries.flow.async_configure(form["flow_id"], {})
    assert made["type"] is FlowResultType.CREATE_ENTRY
    result = await by_hand(hass, given(program))
    assert result["reason"] == "already_configured"


async def test_two_installations(
    hass: HomeAssistant, program: Program, entry: MockConfigEntry
) -> None:
    """Two different ones may both be there."""
    entry.add_to_hass(hass)
    program.health["instance"] = OTHER_INSTANCE
    result = await by_hand(hass, given(program))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://rack:8099", "http://rack:8099"),
        ("https://rack.example/power/", "https://rack.example/power"),
        ("http://[2001:db8::1]:8099/?a=b#c", "http://[2001:db8::1]:8099"),
        ("rack:8099", None),
        ("ftp://rack", None),
        ("http://", None),
        ("http://user:secret@rack", None),
        ("http://rack:port", None),
        ("http://rack:99999", None),
        ("", None),
    ],
)
def test_clean_url(text: str, url: str | None) -> None:
    """What may be an address, and how it is kept."""
    assert clean_url(text) == url


async def test_supervisor(hass: HomeAssistant, program: Program) -> None:
    """The add-on is found; nothing happens until a person agrees."""
    form = await by_supervisor(hass, found(program))
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "hassio_confirm"
    assert form["description_placeholders"]["addon"] == "Rack Power"
    assert hass.config_entries.async_entries(DOMAIN) == []
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["confirm_only"] is True
    assert flow["context"]["title_placeholders"] == {"name": "Rack Power"}
    result = await hass.config_entries.flow.async_configure(form["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Rack Power"
    # By this Core finds the entry when the add-on is removed.
    assert result["result"].unique_id == UUID
    assert result["result"].source == SOURCE_HASSIO
    assert result["data"] == {
        **given(program),
        "addon": "a0d7b954_rack_power",
        CONF_INSTANCE: INSTANCE,
    }


async def test_supervisor_not_ready(hass: HomeAssistant, program: Program) -> None:
    """An add-on that does not answer yet can be agreed to later."""
    program.instead["health"] = lambda: web.Response(status=502)
    form = await by_supervisor(hass, found(program))
    assert form["type"] is FlowResultType.FORM
    form = await hass.config_entries.flow.async_configure(form["flow_id"], {})
    assert form["errors"] == {"base": "cannot_connect"}
    program.instead.clear()
    result = await hass.config_entries.flow.async_configure(form["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_supervisor_tells_anew(hass: HomeAssistant, program: Program) -> None:
    """A new key and another host reach the entry that is there."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        unique_id=UUID,
        source=SOURCE_HASSIO,
        data={
            CONF_URL: "http://old:1",
            CONF_API_KEY: "old",
            CONF_VERIFY_SSL: True,
            CONF_INSTANCE: INSTANCE,
        },
    )
    entry.add_to_hass(hass)
    result = await by_supervisor(hass, found(program))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert entry.data[CONF_URL] == program.url
    assert entry.data[CONF_API_KEY] == KEY


async def test_supervisor_after_hand(
    hass: HomeAssistant, program: Program, entry: MockConfigEntry
) -> None:
    """What was added by hand is not offered again."""
    entry.add_to_hass(hass)
    result = await by_supervisor(hass, found(program))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_supervisor_while_by_hand(
    hass: HomeAssistant, program: Program, entry: MockConfigEntry
) -> None:
    """It was offered, then added by hand: agreeing makes no second one."""
    form = await by_supervisor(hass, found(program))
    entry.add_to_hass(hass)
    result = await hass.config_entries.flow.async_configure(form["flow_id"], {})
    assert result["reason"] == "already_configured"


async def test_supervisor_ignored(hass: HomeAssistant, program: Program) -> None:
    """Whoever does not want it is not asked again."""
    MockConfigEntry(domain=DOMAIN, unique_id=UUID, source=SOURCE_IGNORE).add_to_hass(
        hass
    )
    result = await by_supervisor(hass, found(program))
    assert result["reason"] == "already_configured"


async def test_supervisor_tells_nonsense(hass: HomeAssistant, program: Program) -> None:
    """A message without what is needed."""
    info = found(program)
    del info.config["api_key"]
    result = await by_supervisor(hass, info)
    assert result["reason"] == "invalid_discovery"


async def test_reauth(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """Another key for the same installation."""
    form = await loaded.start_reauth_flow(hass)
    assert form["step_id"] == "reauth_confirm"
    assert form["description_placeholders"]["url"] == program.url
    form = await hass.config_entries.flow.async_configure(
        form["flow_id"], {CONF_API_KEY: "wrong"}
    )
    assert form["errors"] == {CONF_API_KEY: "invalid_auth"}
    program.scopes = {"another": "admin"}
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], {CONF_API_KEY: "another"}
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert loaded.data == {
        **given(program, **{CONF_API_KEY: "another"}),
        CONF_INSTANCE: INSTANCE,
    }
    await hass.async_block_till_done()


async def test_reconfigure(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """Another address for the same installation, and not for another one."""
    form = await loaded.start_reconfigure_flow(hass)
    assert form["step_id"] == "reconfigure"
    form = await hass.config_entries.flow.async_configure(
        form["flow_id"], given(program, **{CONF_URL: "nonsense"})
    )
    assert form["errors"] == {CONF_URL: "invalid_url"}
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], given(program, **{CONF_VERIFY_SSL: False})
    )
    assert result["reason"] == "reconfigure_successful"
    assert loaded.data[CONF_VERIFY_SSL] is False
    await hass.async_block_till_done()

    form = await loaded.start_reconfigure_flow(hass)
    program.health["instance"] = OTHER_INSTANCE
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], given(program)
    )
    assert result["reason"] == "another_installation"
    assert loaded.data[CONF_INSTANCE] == INSTANCE
