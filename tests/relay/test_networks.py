"""Who has media both ways within five seconds, by the network that they sit in; at both sites, by config.js' own words.

UDP that a browser sends is what a person sends here: packets of the size and at the pace of speech, to a media port of
the node's public address, and back. IPv6 alone is not served: neither edges nor nodes have such an address.
"""

import pytest

from tests.relay.internet import NO_UDP, ONLY_443, OPEN, Internet
from tests.relay.node import settled

SITES = ("gra", "sbg")
UDP, TCP, TURN, TURNS = "udp", "tcp", "turn", "turns"


def _with_media(internet: Internet, site: str) -> set[str]:
    """The ways that somebody who joins at a site has media by."""
    told = internet.nodes[site].told()
    assert told, internet.nodes[site].log()
    found = internet.meets(site, told)
    print(site, found)
    return {way.partition(":")[0] for way, seconds in found.items() if isinstance(seconds, float) and seconds < 5}


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize(
    ("allowed", "symmetric", "ways"),
    [
        pytest.param(OPEN, False, {UDP, TCP, TURN, TURNS}, id="all-open"),
        pytest.param(NO_UDP, False, {TCP, TURNS}, id="udp-blocked"),
        pytest.param(ONLY_443, False, {TURNS}, id="443-alone"),
        pytest.param(OPEN, True, {UDP, TCP, TURN, TURNS}, id="symmetric-nat"),
    ],
)
def test_who_has_media(internet: Internet, site: str, allowed: str, symmetric: bool, ways: set[str]) -> None:
    internet.lets_out(allowed, symmetric=symmetric)
    assert _with_media(internet, site) == ways


def test_what_was_let_out_once_is_not_let_out_for_ever(internet: Internet) -> None:
    """The network knows the way from before; a browser may be given the same port again."""
    for allowed, comes in ((OPEN, True), (NO_UDP, False)):
        internet.lets_out(allowed)
        found = internet.meets("gra", None, udp_port=50_000)
        assert isinstance(found[UDP], float) == comes, found


@pytest.mark.parametrize(("lost", "left"), [SITES, SITES[::-1]])
def test_who_comes_back_after_a_lost_site_is_heard_through_the_other_one(
    internet: Internet, lost: str, left: str
) -> None:
    """The lost node answers nobody, and whoever joins at the other site is told of that one's relay alone."""
    internet.lets_out(ONLY_443)
    before = internet.nodes[lost].told()
    internet.nodes[lost].cut(off=True)
    try:
        assert not [seconds for seconds in internet.meets(lost, before).values() if isinstance(seconds, float)]
        assert _with_media(internet, left) == {TURNS}
    finally:
        internet.nodes[lost].cut(off=False)


def test_nobody_is_told_of_a_relay_that_does_not_answer(internet: Internet) -> None:
    """Firefox would go through it or nowhere; nothing is waited for, as nobody is asked."""
    node = internet.nodes["gra"]
    settled(node)
    node.run("sh", "-c", "kill -STOP $(cat /run/coturn.pid)")
    try:
        assert node.told(3000) is None
        assert node.probe().returncode == 1
    finally:
        node.run("sh", "-c", "kill -CONT $(cat /run/coturn.pid)")
    settled(node)
    assert node.told()
