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


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"env.meeting.turn": [{"urls": ["stun:a.fr"], "username": "a"}], "turn_credential": "t"},
            "environments.production.meeting.turn.0.urls.0 = 'stun:a.fr': must be a TURN address",
        ),
        (
            {"env.sites.RBX": {"role": "witness", "block": "10.17.2.0/24"}, "env.sites.witness": None},
            "environments.production.sites.RBX = 'RBX': must be a short name",
        ),
    ],
)
def test_one_mistake_inside_of_a_list_or_a_key_is_one_line(changes: dict[str, Any], says: str) -> None:
    """Not a second one that nothing is left of the list, and no path that is pydantic's own."""
    (line,) = _refusal(changes)
    assert line.startswith(f"stack gra: {says}")


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"mediasoup.webRtcTransport.listenIps": []}, "mediasoup.webRtcTransport.listenIps"),
        ({"mediasoup": {"worker.rtcMinPort": 1}}, "mediasoup.worker.rtcMinPort"),
        ({"mediasoup": {"Worker": {"rtcminport": 1}}}, "mediasoup.Worker.rtcminport"),
        ({"redisOptions.host": "a"}, "redisOptions.host"),
        ({"TLS": {}}, "TLS"),
        ({" trustproxy": 1}, " trustproxy"),
        ({"turn.0": {}}, "turn.0"),
    ],
)
def test_a_key_of_ours_is_refused_however_it_is_spelled(config: dict[str, Any], path: str) -> None:
    """Dots, other letters, spaces: no server reads such a key, and the operator would believe that it counts."""
    (line,) = _refusal({"env.meeting.config": config})
    assert line == f"stack gra: environments.production.meeting.config.{path}: is set by this program and " + (
        "cannot be passed through"
    )


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"__proto__": {"tls": {}}}, "__proto__"),
        ({"auth": [{"a": {"__proto__": {"isAdmin": True}}}]}, "auth.0.a.__proto__"),
    ],
)
def test_what_javascript_would_inherit_is_refused(config: dict[str, Any], path: str) -> None:
    (line,) = _refusal({"env.meeting.config": config})
    assert line.startswith(f"stack gra: environments.production.meeting.config.{path}: is no key of its own")
    (line,) = _refusal({"meeting_config": json.dumps(config)})
    assert line.startswith(f"stack gra: meeting_config.{path}: is no key of its own")


@pytest.mark.parametrize("name", ["pass", "bindPwd", "signingKey", "encryption_key", "jwt", "bearer", "hmac"])
def test_a_secret_is_known_by_its_name(name: str) -> None:
    (line,) = _refusal({"env.meeting.config": {"auth": {name: "confidential"}}})
    assert line.startswith(f"stack gra: environments.production.meeting.config.auth.{name}: looks like a secret")


@pytest.mark.parametrize("number", [12345678, 1e5, -7])
@pytest.mark.parametrize(
    "name", ["password", "pass", "bindPwd", "consumerSecret", "turnAPIKey", "access_token", "hmac"]
)
def test_a_secret_that_is_a_number_is_one_all_the_same(name: str, number: float) -> None:
    """YAML and JSON make one of what stands without quotes; JavaScript then has another one than was written."""
    (line,) = _refusal({"env.meeting.config": {"auth": [{name: number}]}})
    assert line.startswith(f"stack gra: environments.production.meeting.config.auth.0.{name}: looks like a secret")
    assert str(number) not in line
    (line,) = _refusal({"meeting_config": json.dumps({"auth": [{name: number}]})})
    assert line == f"stack gra: meeting_config.auth.0.{name}: is a number, and a secret is text: put it in quotes"
    assert settings(changes={"meeting_config": json.dumps({"auth": [{name: "12345678"}]})})


def test_a_number_or_a_switch_about_secrets_is_none() -> None:
    about = {"tokenLifetime": 3600, "passwordMinLength": 8, "maxTokens": 5, "requirePassword": True, "token": None}
    assert settings(changes={"env.meeting.config": {"auth": about}, "meeting_config": json.dumps({"auth": about})})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"auth": {"a": 1, "a": 2}}', "has the key a twice"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "is nested too deep"),
        ('{"a": "\\ud800"}', "has half a character"),
    ],
)
def test_secret_json_that_a_file_would_hold_otherwise_is_refused(text: str, says: str) -> None:
    (line,) = _refusal({"meeting_config": text})
    assert line.startswith(f"stack gra: meeting_config: {says}")


@pytest.mark.parametrize("url", ["hooks.organisation.fr/a", "https://organisation.fr/a\n", "ftp://a.fr", "https://a b"])
@pytest.mark.parametrize("key", ["alert_webhook_url", "alert_slack_url", "dead_mans_switch_url"])
def test_a_secret_address_that_is_none_is_refused_without_its_value(key: str, url: str) -> None:
    """Alertmanager would refuse its whole configuration, once the servers are paid for."""
    (line,) = _refusal({key: url})
    assert line == f"stack gra: {key}: must be an http:// or https:// address, without spaces and line ends"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://user:confidential@organisation.fr/a",
        'https://user:confidential@organisation.fr/"',
        "https://organisation.fr/a?t%6Fken=confidential",
        "https://user%3Aconfidential%40organisation.fr/a",
        "https://organisation.fr/a?pass=confidential",
        "https://organisation.fr/a?jwt=confidential",
    ],
)
def test_credentials_in_an_address_are_refused_and_not_shown(url: str) -> None:
    """Also where the address is wrong in another way too, and where they are written with %."""
    archive = {"type": "archive", "url": url, "sha256": "ab" * 32}
    (line,) = _refusal({"env.meeting.delivery": archive})
    assert "must hold no user, password, key or token" in line
    assert "confidential" not in line


def test_a_secret_of_spaces_alone_is_a_missing_one() -> None:
    (line,) = _refusal({"cookie_secret": " \n"})
    assert line.startswith("stack gra: cookie_secret: is missing")


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
