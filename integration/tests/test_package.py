"""What Core's own checks want of an integration, and what keeps its files in step.

The script of Core (hassfest) is not in its package; these are the rules of it that
matter for a custom integration.
"""

import json
from pathlib import Path
import re
import string
from typing import Any

import pytest
import voluptuous as vol
import yaml

from custom_components import rack_power
from custom_components.rack_power.const import DOMAIN
from custom_components.rack_power.issue import TRANSLATION_KEYS
from custom_components.rack_power.services import CALLERS, DEVICES
from homeassistant.components.automation.config import (
    async_validate_config_item as validate_automation,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import validate_selector
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component

FOLDER = Path(rack_power.__file__).parent
README = FOLDER.parent.parent / "README.md"
LANGUAGES = ("de", "es", "fr", "nl")

TIERS = {
    "bronze": """action-setup appropriate-polling brands common-modules config-flow
        config-flow-test-coverage dependency-transparency docs-actions docs-conditions
        docs-high-level-description docs-installation-instructions docs-removal-instructions
        docs-triggers entity-event-setup entity-unique-id has-entity-name runtime-data
        test-before-configure test-before-setup unique-config-entry""",
    "silver": """action-exceptions config-entry-unloading docs-configuration-parameters
        docs-installation-parameters entity-unavailable integration-owner
        log-when-unavailable parallel-updates reauthentication-flow test-coverage""",
    "gold": """devices diagnostics discovery discovery-update-info docs-data-update
        docs-examples docs-known-limitations docs-supported-devices
        docs-supported-functions docs-troubleshooting docs-use-cases dynamic-devices
        entity-category entity-device-class entity-disabled-by-default
        entity-translations exception-translations icon-translations
        reconfiguration-flow repair-issues stale-devices""",
    "platinum": "async-dependency inject-websession strict-typing",
}


def load(name: str) -> Any:
    """Read a file of the integration."""
    text = (FOLDER / name).read_text()
    return json.loads(text) if name.endswith(".json") else yaml.safe_load(text)


def flat(data: Any, start: str = "") -> dict[str, str]:
    """List every text by its whole key."""
    if isinstance(data, str):
        return {start: data}
    return {
        path: text
        for key, value in data.items()
        for path, text in flat(value, f"{start}.{key}" if start else key).items()
    }


def names_in(text: str) -> set[str]:
    """List the placeholders of a text; an unpaired brace is an error."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


ENGLISH: dict[str, Any] = load("translations/en.json")
CODE = "\n".join(path.read_text() for path in sorted(FOLDER.glob("*.py")))


def test_manifest() -> None:
    """Its keys are in hassfest's order, and say what HACS wants."""
    manifest = load("manifest.json")
    keys = list(manifest)
    assert keys == ["domain", "name", *sorted(keys[2:])]
    assert manifest["domain"] == DOMAIN == FOLDER.name
    assert manifest["requirements"] == []
    for key in ("codeowners", "documentation", "issue_tracker", "version"):
        assert manifest[key]
    # Claimed only by what is in Core.
    assert "quality_scale" not in manifest
    hacs = json.loads((README.parent / "hacs.json").read_text())
    assert set(hacs) <= {"name", "homeassistant", "render_readme"}


def test_files() -> None:
    """What must be there, and what belongs to Core alone."""
    for name in ("py.typed", "services.yaml", "icons.json", "quality_scale.yaml"):
        assert (FOLDER / name).is_file()
    assert not (FOLDER / "strings.json").exists()
    for path in FOLDER.rglob("*.json"):
        text = path.read_text()
        assert "[%key" not in text


@pytest.mark.parametrize(
    "name",
    [
        f"{dark}{kind}{size}.png"
        for dark in ("", "dark_")
        for kind in ("icon", "logo")
        for size in ("", "@2x")
    ],
)
def test_brand(name: str) -> None:
    """Pictures of the size that Core shows; a dark icon only where it differs."""
    path = FOLDER / "brand" / name
    if name.startswith("dark_icon") and not path.exists():
        return
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG")
    width, height = (int.from_bytes(data[at : at + 4]) for at in (16, 20))
    scale = 2 if "@2x" in name else 1
    if "icon" in name:
        assert (width, height) == (256 * scale, 256 * scale)
    else:
        assert 128 * scale <= min(width, height) <= 256 * scale


def test_quality_scale() -> None:
    """Every rule is done, or exempt for a reason that is said."""
    rules = load("quality_scale.yaml")["rules"]
    assert set(rules) == {rule for rules in TIERS.values() for rule in rules.split()}
    for rule, state in rules.items():
        if isinstance(state, dict):
            assert state["status"] in ("done", "exempt"), rule
            assert len(state["comment"]) > 20, rule
        else:
            assert state == "done", rule


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations(language: str) -> None:
    """Each language has the same texts with the same placeholders."""
    english = flat(ENGLISH)
    texts = flat(load(f"translations/{language}.json"))
    assert list(texts) == list(english)
    for key, text in texts.items():
        assert names_in(text) == names_in(english[key]), key
    same = [key for key, text in texts.items() if text == english[key]]
    assert len(same) < len(texts) / 10


def test_texts() -> None:
    """As hassfest wants them: slugs as keys, no HTML, no quotes round placeholders."""
    for key, text in flat(ENGLISH).items():
        assert re.fullmatch(r"[a-z0-9_.]+", key), key
        assert cv.string_with_no_html(text) == text
        assert not re.search(r"'\{\w+\}'", text), key
        assert text == text.strip(), key
        if key.startswith(("exceptions", "config.error", "config.abort")):
            assert not text.endswith("."), key


def test_exceptions_have_texts() -> None:
    """What the code raises has a text, and no text is left over."""
    raised = set(re.findall(r'translation_key="(\w+)"', CODE))
    raised |= set(re.findall(r'\binvalid\(\s*"(\w+)"', CODE))
    raised |= {kind.replace("-", "_") for kind in CALLERS | DEVICES} | {"problem"}
    # Entities have translation keys as well.
    raised -= {"api", "outcome"}
    assert raised == set(ENGLISH["exceptions"])


def test_issues_have_texts() -> None:
    """The same for repairs; only what can be put right has a flow."""
    keys = {*TRANSLATION_KEYS.values(), "orphans", "integration_old", "program_old"}
    assert set(ENGLISH["issues"]) == keys
    for key, issue in ENGLISH["issues"].items():
        assert ("description" in issue) is not ("fix_flow" in issue), key
        if "fix_flow" in issue:
            assert set(issue["fix_flow"]["error"]) >= {"problem", "no_answer"}
            assert set(issue["fix_flow"]["step"]) == {"confirm"}


def test_config_flow_has_texts() -> None:
    """Every step with its fields, every field with its description."""
    steps = set(re.findall(r'step_id="(\w+)"', CODE)) - {"confirm"}
    steps |= {"reauth_confirm", "reconfigure"}
    assert set(ENGLISH["config"]["step"]) == steps
    for step in ENGLISH["config"]["step"].values():
        assert set(step.get("data", {})) == set(step.get("data_description", {}))
    reasons = set(re.findall(r'reason="(\w+)"', CODE)) - {"not_loaded"}
    reasons |= {"already_configured", "reauth_successful", "reconfigure_successful"}
    assert set(ENGLISH["config"]["abort"]) == reasons


async def test_services(hass: HomeAssistant) -> None:
    """Files, texts, icons and schemas of the actions agree."""
    assert await async_setup_component(hass, DOMAIN, {})
    services = load("services.yaml")
    registered = hass.services.async_services_for_domain(DOMAIN)
    assert set(services) == set(registered) == set(ENGLISH["services"])
    assert set(services) == set(load("icons.json")["services"])
    for name, service in services.items():
        fields = service["fields"]
        assert set(ENGLISH["services"][name]["fields"]) == set(fields)
        for field in fields.values():
            validate_selector(field["selector"])
        schema = registered[name].schema
        inner = schema if isinstance(schema, vol.Schema) else schema.validators[0]
        assert {str(key) for key in inner.schema} == set(fields)


def test_icons() -> None:
    """Of every entity and action, and all of them icons."""
    icons = load("icons.json")
    for platform, entities in icons["entity"].items():
        assert set(entities) == set(ENGLISH["entity"][platform])
    for icon in flat(icons).values():
        assert re.fullmatch(r"mdi:[a-z0-9-]+", icon)


def test_nothing_deprecated() -> None:
    """What Core will no longer have, by its blog until July 2026."""
    for old in (
        r"via_device\b(?!_id)",
        r"async_get_device\(",
        r"show_advanced_options",
        r"add_update_listener",
        r"OptionsFlow",
        r"hass\.helpers",
        r"async_register_info\(hass",
        r"(add|remove)_config_entry_id",
        r"strings\.json",
        r"from voluptuous",
    ):
        assert not re.search(old, CODE), old


async def test_examples(hass: HomeAssistant) -> None:
    """Every example of the README is what Core takes for an automation."""
    assert await async_setup_component(hass, DOMAIN, {})
    services = hass.services.async_services_for_domain(DOMAIN)
    blocks = re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(blocks) == 2
    for number, block in enumerate(blocks):
        example = yaml.safe_load(block)
        example.setdefault("triggers", [{"trigger": "time", "at": "12:00:00"}])
        checked = await validate_automation(hass, f"example_{number}", example)
        assert checked is not None
        assert checked.validation_status == "ok"
        for step in example["actions"]:
            domain, name = step["action"].split(".")
            if domain == DOMAIN:
                assert services[name].schema(step["data"])


async def test_loads(hass: HomeAssistant) -> None:
    """Core takes it for an integration with a configuration flow."""
    integration = await async_get_integration(hass, DOMAIN)
    assert integration.config_flow
    assert integration.version is not None
    assert integration.quality_scale == "custom"
