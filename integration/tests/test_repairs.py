"""What a person can put right: shown, put right, gone."""

from collections.abc import Callable
from typing import Any

from aiohttp import web
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.rack_power.const import DOMAIN
from custom_components.rack_power.issue import version_trouble
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component

from .program import Program, problem
from .repair_form import open_flow, poll, settle_without, shown, submit, tell

PDU = "rack-power_rack-pdu"

QUARANTINED = {
    "id": "quarantined:web",
    "kind": "quarantined",
    "detail": "driver: expected one of snmp, nut, ipmi",
    "device": "web",
    "file": "rack-power.yaml",
    "line": 12,
    "column": 5,
}
LABEL = {
    "id": "label-changed:rack-pdu/outlet/3",
    "kind": "label-changed",
    "detail": "the device calls it db now",
    "device": "rack-pdu",
    "part": "outlet/3",
    "label": "db",
    "accepted": "web",
}


@pytest.fixture(autouse=True)
async def _repairs(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "repairs", {})


async def test_quarantined(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """File, line and column are shown; after correcting it is read again."""
    await tell(hass, program, QUARANTINED)
    issue = shown(hass)["quarantined"]
    assert issue.is_fixable
    assert issue.severity is ir.IssueSeverity.ERROR
    form = await open_flow(hass, "quarantined")
    assert form["type"] is FlowResultType.FORM
    words = form["description_placeholders"]
    assert words is not None
    assert (words["file"], words["line"], words["column"]) == (
        "rack-power.yaml",
        "12",
        "5",
    )
    assert words["detail"] == QUARANTINED["detail"]

    # It is still wrong, now elsewhere: said, and the form is there again.
    program.repairs = [{**QUARANTINED, "line": 14}]
    form = await submit(hass, form)
    assert form["errors"] == {"base": "still_there"}
    assert form["description_placeholders"]["line"] == "14"
    assert "reload" in program.paths("POST")
    assert "quarantined" in shown(hass)

    program.repairs = []
    result = await submit(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert shown(hass) == {}


@pytest.mark.parametrize(
    ("kind", "more", "key"),
    [
        ("denied", {"device": "web"}, "denied"),
        ("configuration", {"file": "a", "line": 1, "column": 2}, "configuration"),
        ("broker-missing", {}, "broker_missing"),
        ("broker-refused", {}, "broker_refused"),
        ("broker-old", {}, "broker_old"),
    ],
)
async def test_checked_again(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    kind: str,
    more: dict[str, Any],
    key: str,
) -> None:
    """What is put right elsewhere is looked at again."""
    await tell(hass, program, {"id": kind, "kind": kind, "detail": "so", **more})
    form = await open_flow(hass, key)
    program.repairs = []
    assert (await submit(hass, form))["type"] is FlowResultType.CREATE_ENTRY
    assert shown(hass) == {}


@pytest.mark.parametrize(
    ("kind", "key", "connecting", "refused", "answered"),
    [
        (
            "denied",
            "denied",
            lambda p: p.devices[0].update(connection={"state": "connecting"}),
            lambda p: p.devices[0].update(
                connection={"state": "offline", "fault": "denied"}
            ),
            lambda p: p.devices[0].update(connection={"state": "online"}),
        ),
        (
            "broker-refused",
            "broker_refused",
            lambda p: p.health["broker"].update(state="connecting"),
            lambda p: p.health["broker"].update(state="refused"),
            lambda p: p.health["broker"].update(state="connected"),
        ),
    ],
)
async def test_a_login_on_its_way_is_no_success(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    key: str,
    connecting: Callable[[Program], None],
    refused: Callable[[Program], None],
    answered: Callable[[Program], None],
) -> None:
    """The form waits for the answer, and shows when it is no again."""
    monkeypatch.setattr("custom_components.rack_power.repairs.PATIENCE", 5.0)
    repair = {"id": kind, "kind": kind, "detail": "so", "device": "rack-pdu"}
    await tell(hass, program, repair)
    form = await open_flow(hass, key)
    connecting(program)
    program.repairs = []
    pressed = hass.async_create_task(submit(hass, form))
    await settle_without(pressed)
    assert not pressed.done()
    # Refused after the flow has asked for repairs, and before it asks for the state.
    refused(program)
    await settle_without(pressed)
    assert not pressed.done()
    program.repairs = [repair]
    await settle_without(pressed)
    assert not pressed.done()
    program.repairs = []
    answered(program)
    assert (await pressed)["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("kind", ["option", "supervisor", "core", "core-old"])
async def test_only_told(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry, kind: str
) -> None:
    """What a form cannot put right is told and goes by itself."""
    await tell(hass, program, {"id": kind, "kind": kind, "detail": "so"})
    assert not shown(hass)[kind.replace("-", "_")].is_fixable
    await tell(hass, program)
    assert shown(hass) == {}


async def test_kind_of_tomorrow(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """A newer program's kind has no text here and is left out."""
    await tell(hass, program, {"id": "new", "kind": "new", "detail": "so"}, QUARANTINED)
    assert set(shown(hass)) == {"quarantined"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            lambda: problem(422, "configuration", errors=[{"detail": "line 3"}]),
            "problem",
        ),
        (lambda: web.Response(status=502), "no_answer"),
    ],
)
async def test_check_again_fails(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    answer: Callable[[], web.Response],
    error: str,
) -> None:
    """What went wrong is in the form."""
    await tell(hass, program, QUARANTINED)
    form = await open_flow(hass, "quarantined")
    program.reload = answer
    form = await submit(hass, form)
    assert form["errors"] == {"base": error}
    words = form["description_placeholders"]
    assert words is not None
    assert words["error"]


async def test_gone_meanwhile(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """It was put right before the form was opened."""
    await tell(hass, program, QUARANTINED)
    form = await open_flow(hass, "quarantined")
    program.reload = lambda: web.Response(status=502)
    program.repairs = []
    assert (await submit(hass, form))["type"] is FlowResultType.CREATE_ENTRY


async def test_label(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """The label that was seen is the one that is accepted."""
    await tell(hass, program, LABEL)
    form = await open_flow(hass, "label_changed")
    words = form["description_placeholders"]
    assert words is not None
    assert (words["label"], words["accepted"]) == ("db", "web")
    assert (await submit(hass, form))["type"] is FlowResultType.CREATE_ENTRY
    assert (
        "PUT",
        "devices/rack-pdu/parts/outlet%2F3/label",
        {"label": "db"},
    ) in program.asked
    assert shown(hass) == {}


async def test_label_changed_again(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """Nobody accepts what he has not seen."""
    await tell(hass, program, LABEL)
    form = await open_flow(hass, "label_changed")
    program.instead["devices/rack-pdu/parts/outlet%2F3/label"] = lambda: problem(
        409, "label-changed"
    )
    program.repairs = [{**LABEL, "label": "mail"}]
    form = await submit(hass, form)
    assert form["errors"] == {"base": "problem"}
    assert form["description_placeholders"]["label"] == "mail"


async def test_not_loaded(
    hass: HomeAssistant, program: Program, loaded: MockConfigEntry
) -> None:
    """Issues go with the entry; a form that is still open says why it ends."""
    await tell(hass, program, QUARANTINED)
    form = await open_flow(hass, "quarantined")
    await hass.config_entries.async_unload(loaded.entry_id)
    assert shown(hass) == {}
    result = await submit(hass, form)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "not_loaded"


async def test_issue_without_entry(hass: HomeAssistant) -> None:
    """An issue whose entry is gone."""
    assert await async_setup_component(hass, DOMAIN, {})
    ir.async_create_issue(
        hass,
        DOMAIN,
        "left",
        data={"entry_id": "gone", "repair": "quarantined:web"},
        is_fixable=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key="quarantined",
    )
    result = await open_flow(hass, "quarantined")
    assert result["type"] is FlowResultType.ABORT


@pytest.mark.parametrize(
    ("program", "integration", "trouble"),
    [
        ("0.1.0", "0.1.0", None),
        ("0.1.9", "0.1.0", None),
        ("0.2.0", "0.1.0", "integration_old"),
        ("0.1.0", "0.2.0", "program_old"),
        ("1.0.0", "0.9.0", "integration_old"),
        (None, "0.1.0", "program_old"),
        ("nonsense", "0.1.0", "program_old"),
    ],
)
def test_version_trouble(
    program: str | None, integration: str, trouble: str | None
) -> None:
    """Only the last part of a version may differ."""
    assert version_trouble(program, integration) == trouble


async def test_versions_apart(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Shown while it is so, and no longer."""
    program.health["version"] = "0.2.0"
    await poll(hass, freezer)
    issue = shown(hass)["integration_old"]
    assert issue.severity is ir.IssueSeverity.WARNING
    assert issue.translation_placeholders == {
        "program": "0.2.0",
        "integration": "0.1.0",
    }
    program.health["version"] = "0.1.1"
    await poll(hass, freezer)
    assert shown(hass) == {}


async def test_away_changes_nothing(
    hass: HomeAssistant,
    program: Program,
    loaded: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A program that is away has not put anything right."""
    await tell(hass, program, QUARANTINED)
    program.instead["health"] = lambda: web.Response(status=502)
    await poll(hass, freezer)
    assert set(shown(hass)) == {"quarantined"}
