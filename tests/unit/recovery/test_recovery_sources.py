"""The model's constants next to the files and clients whose behaviour they describe."""

import re
from dataclasses import fields

from boot.edge.rooms_whole import INTERVAL
from boot.meeting.redis_proxy import haproxy_cfg as proxy_cfg
from drill.clients import participant
from drill.clients.edge import CONNECT_SECONDS
from drill.clients.newcomer import PATIENCE
from drill.clients.signalling import REQUEST_TIMEOUT
from recovery import meeting, redis
from recovery.client import Client
from tests.configuration import settings
from tests.unit.boot.golden import CASES


def test_the_synthetic_participant_is_the_client() -> None:
    """Its delays are Socket.io's; it is less patient."""
    client = Client()
    delays = client.reconnect_delay, client.reconnect_delay_max, client.spread
    assert delays == (participant.DELAY, participant.DELAY_MAX, participant.SPREAD)
    assert client.patience >= REQUEST_TIMEOUT
    assert client.patience == PATIENCE
    assert client.next_address >= CONNECT_SECONDS
    assert all(getattr(client, field.name) > 0 for field in fields(client))


def test_systemd_starts_every_daemon_again_after_the_same_time() -> None:
    """What the model counts for a killed process is what the units say."""
    texts = [case.text() for case in CASES.values()]
    found = {value for text in texts for value in re.findall(r"^ *RestartSec=(\S+)$", text, re.MULTILINE)}
    assert {float(value) for value in found} == {meeting.RESTART}


def test_people_are_led_together_after_two_looks() -> None:
    assert 2 * INTERVAL == meeting.REUNITED


def test_the_proxy_checks_as_the_model_has_it() -> None:
    """`downinter` and `timeout check`; one good check is enough."""
    text = proxy_cfg(settings("gra", {"env.redis.access": "proxy"}))
    assert f"downinter {redis.PROXY_CHECK * 1000:g}ms fall 2 rise 1 on-marked-down shutdown-sessions" in text
    assert f"timeout check {redis.PROXY_TIMEOUT:g}s" in text
