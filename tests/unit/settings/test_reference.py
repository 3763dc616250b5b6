"""docs/settings.md and the editors' schema: up to date, whole, and true of what they describe."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from settings import PROJECT
from settings.duration import DURATION, Between
from settings.keys import GIVEN_BY_LOADER, _sections, keys
from settings.load import SECRET_KEYS
from settings.reference import EXAMPLES, files, reference
from settings.schema import schema
from settings.secrets import Secrets
from settings.section import Section
from settings.stack import Settings
from tests.configuration import ROOT, production, settings, values
from tests.unit.settings.rule_table import Row
from tests.unit.settings.test_rules import ROWS

PULUMI = ("Pulumi.yaml", "Pulumi.gra.yaml", "Pulumi.sbg.yaml", "Pulumi.witness.yaml")
_ROUNDS = {f"{secret}_{when}" for secret in SECRET_KEYS for when in ("next", "previous")}
_URLS = dict.fromkeys((key for key in SECRET_KEYS if key.endswith("_url")), "https://organisation.fr/x")
NEEDED = dict.fromkeys(SECRET_KEYS - _ROUNDS, "x") | {"meeting_config": "{}"} | _URLS
VALIDATOR = Draft7Validator(schema())


def _all_sections(base: type[Section] = Section) -> list[type[Section]]:
    """Those of the settings: other rooms' files are sections too."""
    below = [section for child in base.__subclasses__() for section in (child, *_all_sections(child))]
    return [section for section in below if section.__module__.startswith("settings.")]


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_the_files_are_up_to_date(path: Path) -> None:
    """`make settings` writes them."""
    assert path.read_text() == files()[path], "run `make settings`"


def test_no_key_is_undocumented() -> None:
    """Each field has a description, or holds sections whose fields have; and it stands in the reference once."""
    for section in _all_sections():
        for name, field in section.model_fields.items():
            if section is not Settings or name not in GIVEN_BY_LOADER:
                assert field.description or list(_sections(field.annotation, name)), f"{section.__name__}.{name}"
    rows = [line.split("|")[1].strip() for line in reference().splitlines() if line.startswith("| `")]
    written = [f"`{key.path.removeprefix('environments.<environment>.')}`" for key in keys()]
    assert sorted(rows) == sorted([*written, *(f"`{name}`" for name in Secrets.model_fields)])
    assert len(rows) == len(set(rows))


def test_every_number_and_switch_is_strict_and_every_time_has_bounds() -> None:
    """A quoted number, or one without a unit, is refused wherever it may stand."""
    for key in keys():
        metadata = [*key.field.metadata]
        if DURATION in metadata:
            assert any(isinstance(one, Between) for one in metadata), key.path
    made = json.dumps(schema())
    assert '"format"' not in made, "a type that only pydantic knows"
    for section in _all_sections():
        for name, field in section.model_fields.items():
            if field.annotation in (int, bool, int | None, bool | None):
                text = str(field)
                assert "Strict(strict=True)" in text, f"{section.__name__}.{name}"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
@pytest.mark.parametrize("stack", ["gra", "sbg", "witness"])
def test_an_example_loads(path: Path, stack: str) -> None:
    """Laid upon the shipped environment, at each site; the domain is one that an authority certifies."""
    changes = {f"env.{key}": value for key, value in _leaves(yaml.safe_load(path.read_text()))}
    settings(stack, NEEDED | changes)


def _leaves(given: dict[str, Any], prefix: str = "") -> list[tuple[str, object]]:
    """Dotted keys; a section that has kinds, and a mapping of an operator's own, is one value."""
    found: list[tuple[str, object]] = []
    for key, value in given.items():
        whole = not isinstance(value, dict) or "type" in value or key in ("map", "redis", "dns", "monitoring")
        found += [(f"{prefix}{key}", value)] if whole else _leaves(value, f"{prefix}{key}.")
    return found


def test_each_option_that_the_documents_name_has_an_example() -> None:
    """Geographic routing, mail, TURN, a certificate of one's own, a Redis mode of one's own."""
    found = [yaml.safe_load(path.read_text()) for path in EXAMPLES.glob("*.yaml")]
    shown = json.dumps(found)
    assert any(one.get("edge", {}).get("routing") == "geographic" and one["dns"]["map"] for one in found)
    for words in ('"mail"', '"turn"', '"provided"', '"cluster"', '"proxy"', '"geoip2"', '"dead_mans_switch"'):
        assert words in shown


def _errors(document: object) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(document)]


@pytest.mark.parametrize("name", PULUMI)
def test_the_shipped_files_are_valid_and_say_where_the_schema_is(name: str) -> None:
    text = (ROOT / name).read_text()
    assert text.startswith("# yaml-language-server: $schema=settings.schema.json\n")
    # Which image it is only an operator knows.
    named = text.replace(
        "type: container\n", f"type: container\n            image: localhost/m@sha256:{'ab' * 32}\n", 1
    )
    assert not _errors(yaml.safe_load(named))


@pytest.mark.parametrize("row", ROWS, ids=[row.rule for row in ROWS])
def test_the_schema_takes_what_the_program_takes(row: Row) -> None:
    """A schema that is stricter than the models would keep an operator from what is allowed."""
    given = values(row.stack, row.accepted)
    config: dict[str, Any] = {f"{PROJECT}:{key}": _plain(key, text) for key, text in given.items()}
    config[f"{PROJECT}:environments"] = {"value": config[f"{PROJECT}:environments"]}
    assert not _errors({"name": PROJECT, "config": config})


def _plain(key: str, text: str) -> object:
    if key in SECRET_KEYS:
        return {"secure": "v1:abc"}
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("domian", "meeting.organisation.fr"),
        ("domain", "Meeting.organisation.fr"),
        ("participants", "50"),
        ("participants", 1),
        ("backbone", {"type": "vrack", "vlan": "1701", "cidr": "10.17.0.0/22"}),
        ("backbone", {"type": "vrack", "vlan": 4001, "cidr": "10.17.0.0/22"}),
        ("redis", {"down_after": 2500}),
        ("redis", {"down_after": "2.5 s"}),
        ("redis", {"mode": "gossip"}),
        ("dns", {"zone": "ha.organisation.fr", "map": {"gra": {"continent": ["EU"]}}}),
        ("operators", {"cidrs": "198.51.100.7/32"}),
        ("edge", {"certificate": {"type": "acme"}}),
    ],
)
def test_the_schema_refuses_what_is_no_setting(key: str, value: object) -> None:
    """In the project's file, as it is shipped but for one key."""
    shipped = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    changed = deepcopy(shipped)
    changed["config"][f"{PROJECT}:environments"]["value"]["production"] |= production()
    assert not _errors(changed)
    changed["config"][f"{PROJECT}:environments"]["value"]["production"][key] = value
    assert _errors(changed)


def test_the_schema_refuses_a_stacks_unknown_key_and_a_secret_in_clear() -> None:
    shipped = yaml.safe_load((ROOT / "Pulumi.gra.yaml").read_text())
    assert _errors({**shipped, "config": {**shipped["config"], f"{PROJECT}:gatewy": "s"}})
    assert _errors({**shipped, "config": {**shipped["config"], f"{PROJECT}:cookie_secret": "in clear"}})
    assert not _errors({**shipped, "config": {**shipped["config"], "openstack:region": "GRA11"}})
