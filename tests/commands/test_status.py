"""`make status` sees what it was blind to: each change of what servers say is one line that is BAD."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands.deployment import Deployment, deployment
from tests.commands.stacks import PUBLIC, server

STATUS = ("ops", "status", "gra", "sbg", "witness", "--authority", "authority.pem")
Change = Callable[[Deployment], object]


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployment]:
    """All is well."""
    with deployment(tmp_path) as found:
        yield found


def redis(found: Deployment, name: str, before: str, after: str) -> None:
    """Change what a Redis server says of itself."""
    answers = found.answers[name]
    assert before in answers["CKQUORUM"]
    answers["CKQUORUM"] = answers["CKQUORUM"].replace(before, after)


def two_masters(found: Deployment) -> None:
    """GRA's is named and has nobody, SBG's has the witness."""
    name = server("sbg", "redis")
    redis(found, name, "role:slave\nmaster_host:10.17.0.5\nmaster_link_status:up", "role:master\nconnected_slaves:1")
    redis(found, server("gra", "redis"), "connected_slaves:2", "connected_slaves:0")
    redis(found, server("witness", "witness"), "master_host:10.17.0.5", "master_host:10.17.1.5")


def drained(found: Deployment) -> None:
    """A roll that stopped."""
    found.table(gra_1="DRAIN")


def apart(found: Deployment) -> None:
    """The edges were not told the same."""
    (found.fleet / f"{server('gra', 'edge')}.table").write_text('{"gra-1": "UP", "sbg-1": "DOWN"}')


def overridden(found: Deployment) -> None:
    """`make drain SITE=gra`, and nobody put it back."""
    for name in (server("gra", "edge"), server("sbg", "edge"), server("witness", "witness")):
        (found.fleet / f"{name}.admin_state").write_text(f"{PUBLIC['gra-edge']}/service => DOWN\n")


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (
            two_masters,
            [
                "production-gra-redis-1 and production-sbg-redis-1 both say master",
                "production-gra-redis-1 has 0 of 2 replicas",
                "production-witness-witness-1 follows 10.17.1.5",
            ],
        ),
        (
            lambda found: redis(found, server("gra", "redis"), "connected_slaves:2", "connected_slaves:1"),
            ["production-gra-redis-1 has 1 of 2 replicas"],
        ),
        (
            lambda found: redis(found, server("sbg", "redis"), "OK 3 usable", "OK 2 usable"),
            ["production-sbg-redis-1 counts 2 of 3 Sentinels"],
        ),
        (
            lambda found: redis(found, server("sbg", "redis"), "named:10.17.0.5", "named:10.17.1.5"),
            ["the Sentinels name 10.17.0.5 and 10.17.1.5"],
        ),
        (drained, ["gra-1 DRAIN, sbg-1 UP; 3 rooms; make roll SITE=gra UNDO=1 lets rooms in again"]),
        (lambda found: found.table(sbg_1="MAINT"), ["sbg-1 MAINT", "make roll SITE=sbg UNDO=1"]),
        (lambda found: found.table(sbg_1="DOWN"), ["gra-1 UP, sbg-1 DOWN; 3 rooms\n"]),
        (apart, ["Room tables: sbg-1: production-gra-edge-1 says DOWN, production-sbg-edge-1 says UP"]),
        (
            lambda found: found.answers.update({f"{server('sbg', 'edge')} rooms": 1000}),
            ["production-gra-edge-1 knows 3 rooms, the other edge 1000"],
        ),
        (overridden, ["production-gra-edge-1 in the zone: is taken out of every answer: make undrain SITE=gra"]),
        (
            lambda found: found.answers.update({f"{server('witness', 'witness')} empty": True}),
            ["production-witness-witness-1 answers for the zone: localhost is nobody; no answer for localhost"],
        ),
        (
            lambda found: found.answers.update({f"{server('gra', 'redis')} ahead": 600}),
            ["production-gra-redis-1 clock: +", "s apart from the others': timedatectl status"],
        ),
        (
            lambda found: found.answers.update({f"{server('gra', 'redis')} set": "no"}),
            ["production-gra-redis-1 clock: follows no time server's: systemctl status systemd-timesyncd"],
        ),
    ],
    ids=[
        "two masters",
        "a replica is missing",
        "a Sentinel is missing",
        "Sentinels apart",
        "a site left drained",
        "a site left closed",
        "an instance down",
        "tables disagree",
        "an edge lacks rooms",
        "an edge out of the zone",
        "a missing answer",
        "a clock apart",
        "a clock that nobody sets",
    ],
)
def test_what_is_wrong_is_said(deployed: Deployment, change: Change, lines: list[str]) -> None:
    """Exit status 1, and a line that begins with BAD for it."""
    change(deployed)
    ended = deployed.run(*STATUS)
    assert ended.status == 1, ended.out
    for line in lines:
        (shown,) = [found for found in f"{ended.out}\n".splitlines(keepends=True) if line in found][:1] or [ended.out]
        assert shown.startswith("BAD "), ended.out


def test_a_full_node_is_said_and_is_no_fault(deployed: Deployment) -> None:
    """It takes no new rooms, and nobody took it out."""
    deployed.table(gra_1="UP (full)")
    ended = deployed.run(*STATUS)
    assert ended.status == 0, ended.out
    assert "ok   production-gra-edge-1 room table: gra-1 UP (full), sbg-1 UP; 3 rooms\n" in ended.out


def test_an_edge_that_serves_and_is_not_in_the_dns_is_missing(tmp_path: Path) -> None:
    """Without a zone a person sets the records: the resolver knows GRA's address alone."""
    with deployment(tmp_path, dns=False) as found:
        ended = found.run(*STATUS)
    assert f"BAD  DNS records: localhost lacks {PUBLIC['sbg-edge']}, which serves\n" in ended.out
