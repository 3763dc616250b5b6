"""What keeps the sites apart while one has it and another does not."""

from typing import Any

import pytest

from settings.agreement import agreement, apart
from tests.configuration import settings


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"env.meeting.listening_port": 4443}, "meeting.listening_port from 3443 to 4443"),
        ({"env.backbone.vlan": 1702}, "backbone from vRack VLAN 1701, 10.17.0.0/22 to vRack VLAN 1702, 10.17.0.0/22"),
        ({"env.sites.sbg.block": "10.17.3.0/24"}, "sites.sbg.block from 10.17.1.0/24 to 10.17.3.0/24"),
        ({"env.redis.mode": "cluster"}, "redis.mode from sentinel to cluster"),
        ({"env.redis.tls": True}, "redis.tls from false to true"),
    ],
)
def test_a_change_is_told_whichever_site_gets_it(changes: dict[str, Any], words: str) -> None:
    before = agreement(settings("gra").env)
    for stack in ("gra", "sbg", "witness"):
        assert apart(before, settings(stack, changes).env).startswith(f"{words}: until every site has it")


def test_what_keeps_redis_apart_is_said_to() -> None:
    """Each reason once, beside that of the edges where both change."""
    before = agreement(settings("gra").env)
    assert apart(before, settings("gra", {"env.redis.tls": True}).env).endswith("; sessions are not carried over")
    older = {key: value for key, value in before.items() if key != "redis.tls"}
    assert apart(older, settings("gra", {"env.redis.tls": True}).env).startswith("redis.tls from false to true: ")
    both = apart(before, settings("gra", {"env.redis.tls": True, "env.meeting.listening_port": 4443}).env)
    assert both.count("each edge reaches only") == both.count("Redis servers and meeting servers reach only") == 1


def test_nothing_is_told_where_nothing_is_apart() -> None:
    """Neither of other settings, nor before the first deployment, nor of a version that exported none."""
    changed = settings("gra", {"env.meeting.listening_port": 4443, "env.participants": 60}).env
    assert apart(agreement(changed), changed) == ""
    assert apart({}, changed) == ""
