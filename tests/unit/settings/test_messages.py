"""What the refusal of a configuration says beyond the single rule: all mistakes at once, and never a secret."""

import json
from typing import Any

import pytest

from settings.load import SECRET_KEYS, SettingsError, load_settings
from tests.configuration import SECRETS, settings, values


def _refusal(changes: dict[str, Any], stack: str = "gra") -> list[str]:
    with pytest.raises(SettingsError) as refused:
        settings(stack, changes)
    return str(refused.value).splitlines()


def test_all_mistakes_of_values_are_named_at_once() -> None:
    """Mistakes in five places of the configuration, one of them in another environment's edge, make five lines."""
    lines = _refusal(
        {
            "region": "GRA 11",
            "gatewy": "s",
            "cookie_secret": None,
            "env.redis.down_after": "1ms",
            "env.edge.health.timeout": "soon",
        }
    )
    keys = {line.removeprefix("stack gra: ").split(":")[0].split(" = ")[0] for line in lines}
    health = "environments.production.edge.health.timeout"
    assert keys == {"region", "gatewy", "cookie_secret", "environments.production.redis.down_after", health}


def test_all_mistakes_between_values_are_named_at_once() -> None:
    """Rules over several keys of an environment are all looked at, and so are those of a stack."""
    lines = _refusal(
        {
            "env.sites.sbg": {"role": "primary", "block": "10.17.0.0/25", "meeting_nodes": 0},
            "env.local_cidr": "10.17.3.0/24",
            "env.operators.cidrs": ["198.51.100.7/32"],
        }
    )
    assert len(lines) == 6, lines  # primary twice, no secondary, no nodes, overlap, local, no operators' key
    lines = _refusal(
        {"flavors.edge": None, "flavors.redis": None, "image.id": None, "env.domain": "meeting.example.com"}
    )
    assert len(lines) == 4, lines


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("flavours", "flavors"),
        ("cookie_secrt", "cookie_secret"),
        ("env.particpants", "participants"),
        ("env.backbone.vlna", "vlan"),
        ("env.meeting.rtc_ports.maximum", "max"),
        ("env.meeting.delivery.registry_usr", "registry_user"),
        ("env.sites.gra.bloc", "block"),
        ("env.edge.health.fail_duratoin", "fail_duration"),
        ("env.edge.certificate.emial", "email"),
        ("env.redis.down_afer", "down_after"),
        ("env.operators.ssh_public_kye", "ssh_public_key"),
        ("image.idd", "id"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(key: str, near: str) -> None:
    """At the top level and inside every section; the value of the unknown key is not shown."""
    (line,) = _refusal({key: "confidential"})
    path = key.replace("env.", "environments.production.", 1) if key.startswith("env.") else key
    assert line == f"stack gra: {path}: unknown key; did you mean {near}?"


def test_an_unknown_key_that_is_near_nothing_is_refused() -> None:
    (line,) = _refusal({"zzzzzzzz": "1"})
    assert line == "stack gra: zzzzzzzz: unknown key"


@pytest.mark.parametrize("key", ["stack", "os_region_name", "secrets"])
def test_what_the_loader_adds_cannot_be_set(key: str) -> None:
    """The model has fields that the configuration has not: as keys they are unknown like any other."""
    (line,) = _refusal({key: "other"})
    assert line == f"stack gra: {key}: unknown key"


@pytest.mark.parametrize("key", sorted(SECRETS))
def test_a_secret_in_clear_is_refused_without_its_value(key: str) -> None:
    """Also when other things are wrong at the same time, which pydantic finds on its own."""
    given = values("gra", {"region": "GRA"})
    with pytest.raises(SettingsError) as refused:
        load_settings(given, stack="gra", encrypted=SECRET_KEYS - {key})
    lines = str(refused.value).splitlines()
    assert lines[0] == f"stack gra: {key}: is in clear; encrypt it: pulumi config set --secret {key} --stack gra"
    assert len(lines) == 2, lines
    assert not [text for text in SECRETS.values() if text in str(refused.value) or repr(text) in str(refused.value)]


def test_an_empty_secret_is_a_missing_one() -> None:
    (line,) = _refusal({"cookie_secret": ""})
    assert line.startswith("stack gra: cookie_secret: is missing")


@pytest.mark.parametrize(
    "config",
    [
        {"cookieSecret": "confidential"},
        {"redisOptions": {"password": "confidential"}},
        {"turn": [{"credential": "confidential"}]},
    ],
)
def test_what_may_not_pass_through_is_refused_without_its_value(config: dict[str, Any]) -> None:
    """Keys of config.js that hold secrets upstream may be pasted here by mistake; a log is no place for them."""
    (line,) = _refusal({"env.meeting.config": config})
    assert f"meeting.config.{next(iter(config))}" in line
    assert "confidential" not in line


@pytest.mark.parametrize("where", ["config", "web_config"])
def test_a_secret_of_the_servers_is_refused_without_its_value(where: str) -> None:
    given = {"auth": {"lti": {"consumerSecret": "confidential"}, "signing": "PRIVATE KEY confidential"}}
    lines = _refusal({f"env.meeting.{where}": given})
    assert len(lines) == 2
    assert not [line for line in lines if "confidential" in line]
    lines = _refusal({"meeting_config": json.dumps({**given, "cookieSecret": "confidential"})})
    assert lines == ["stack gra: meeting_config.cookieSecret: is set by this program and cannot be passed through"]


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (
            "meeting.server",
            "is missing: say which meeting server it is, one of multiparty-meeting, edumeet-3.4, edumeet-3.5",
        ),
        ("meeting.delivery.image", "is missing: name your build's image by its digest: registry/name@sha256:"),
        ("domain", "is missing"),
    ],
)
def test_what_is_missing_is_said_with_what_to_write(key: str, says: str) -> None:
    (line,) = _refusal({f"env.{key}": None})
    assert line.startswith(f"stack gra: environments.production.{key}: {says}")


def test_secrets_do_not_show_in_the_settings_themselves() -> None:
    """Neither `str` nor `repr` of the whole, as a debug log would print it, holds a secret."""
    shown = f"{settings()!s} {settings()!r}"
    assert "cookie_secret" in shown
    assert not [text for text in SECRETS.values() if text in shown or repr(text)[1:-1] in shown]


def test_a_site_that_is_named_like_a_kind_of_thing_keeps_its_name_in_the_message() -> None:
    """Messages leave out the tags of unions (`container`, `vrack`, ...); a site or a role may have such a name."""
    lines = _refusal({"env.sites.archive": {"role": "witness", "block": "10.17.3.0/33"}, "env.sites.witness": None})
    (line,) = lines
    assert line.startswith("stack gra: environments.production.sites.archive.block = '10.17.3.0/33': must have its ")


@pytest.mark.parametrize(
    "key", [f"{key}{when}" for key in ("redis_password", "redis_fleet_password") for when in ("", "_next", "_previous")]
)
@pytest.mark.parametrize(
    "password",
    ["S3cret 2026", "S3cret$HOME", "S3cret'2026", 'a"b', "a\\b", "a`id`", "a&b", "a>b", "a|b", "@MASTER@"],
)
def test_a_redis_password_that_some_reader_would_take_for_something_else_is_refused(key: str, password: str) -> None:
    """Files of Redis, Sentinel, HAProxy, systemd and sh all have it; the value is not shown."""
    (line,) = _refusal({key: password})
    assert line == f"stack gra: {key}: must be letters, digits and . _ ~ -; `make secrets` makes one"
