"""Names, times, networks and settings of test environments: nothing that could meet production, all else the same."""

from datetime import UTC, datetime
from ipaddress import IPv4Network
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from fleet.stacks import StackError, write_derived
from ops.environments import derive, network_slots, times
from ops.environments.base import Base
from settings.edge import LETS_ENCRYPT_STAGING
from settings.load import load_settings
from settings.spare_networks import SpareNetworks
from tests.configuration import OPERATOR_KEY, ROOT, SECRETS, production, values

NOW = datetime(2026, 11, 23, 18, 0, 42, tzinfo=UTC)
SLOT = network_slots.Slot(3007, IPv4Network("10.128.28.0/22"), IPv4Network("10.192.28.0/22"))
OPERATORS = {"cidrs": ["198.51.100.7/32"], "ssh_public_key": OPERATOR_KEY}


@pytest.fixture
def base() -> Base:
    """The shipped stacks."""
    return Base.of(["gra", "sbg", "witness"], ROOT)


def derived(operators: bool = True, **changes: object) -> dict[str, object]:
    """What is made of production with changes to it."""
    environment = production() | {"operators": OPERATORS} | changes
    return derive.environment(environment, "pr-42", expires="2026-11-24T02:00Z", slot=SLOT, operators=operators)


def test_a_place_is_named_after_environment_and_site(base: Base) -> None:
    """The stack ends with the site's name, by which peers find each other; regions are those of the base."""
    assert [(p.stack, p.region) for p in base.places("pr-42")] == [
        ("pr-42-gra", "GRA11"),
        ("pr-42-sbg", "SBG7"),
        ("pr-42-witness", "DE1"),
    ]
    assert [base.place(stack) for stack in ("gra", "pr-42", "production-gra")] == [None, None, None]
    place = base.place("a-gra-sbg")
    assert place
    assert (place.environment, place.site) == ("a-gra", "sbg")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("PR 42", "NAME = 'PR 42': must be a short name of a-z, 0-9 and -"),
        ("", "NAME = ''"),
        ("a" * 21, "must be a short name"),
        (
            "production",
            "is the production environment of that name in Pulumi.yaml, which is neither made nor taken down",
        ),
    ],
)
def test_a_name_that_cannot_be_is_refused(base: Base, name: str, says: str) -> None:
    with pytest.raises(StackError, match=says):
        base.places(name)


def test_a_time_to_live_becomes_a_time() -> None:
    assert [times.expiry(ttl, NOW) for ttl in ("90m", "8h", "14d")] == [
        "2026-11-23T19:30Z",
        "2026-11-24T02:00Z",
        "2026-12-07T18:00Z",
    ]
    assert times.is_over("2026-11-23T18:00Z", NOW)
    assert not times.is_over("2026-11-23T18:01Z", NOW)
    assert not times.is_over("tomorrow", NOW)


@pytest.mark.parametrize("ttl", ["", "0h", "9m", "15d", "-1h", "8", "8H", "never"])
def test_a_time_that_is_over_or_too_long_is_refused(ttl: str) -> None:
    with pytest.raises(StackError, match=r"TTL = .*: must be 10m to 14d"):
        times.expiry(ttl, NOW)


def test_a_plot_is_the_same_each_time_and_moves_on_when_it_is_taken() -> None:
    """By its addresses or its VLAN alone: on OVH only addresses are seen."""
    first = network_slots.choose("pr-42", 22, [], [])
    assert first == network_slots.choose("pr-42", 22, [], [])
    assert first != network_slots.choose("pr-43", 22, [], [])
    local = IPv4Network((int(first.local[0]) + 1024, 22))
    next_one = network_slots.Slot(first.vlan + 1, IPv4Network((int(first.cidr[0]) + 1024, 22)), local)
    assert network_slots.choose("pr-42", 22, [IPv4Network((first.cidr[9], 32))], []) == next_one
    assert network_slots.choose("pr-42", 22, [IPv4Network((first.local[9], 32))], []) == next_one
    assert network_slots.choose("pr-42", 22, [], [first.vlan]) == next_one


@pytest.mark.parametrize(("prefix", "count"), [(15, 7), (18, 62), (22, 60), (24, 60)])
def test_plots_are_disjoint_whatever_their_size(prefix: int, count: int) -> None:
    """One after the other, as far as there are any of the larger ones; VLANs are OVH's, and all different."""
    found: list[network_slots.Slot] = []
    for number in range(count):
        found.append(network_slots.choose(f"pr-{number}", prefix, [p.cidr for p in found], [p.vlan for p in found]))
    assert len({slot.vlan for slot in found}) == count
    assert all(3000 <= slot.vlan < 4000 for slot in found)
    cidrs = [cidr for slot in found for cidr in (slot.cidr, slot.local)]
    assert not [(a, b) for a, b in combinations(cidrs, 2) if a.overlaps(b)]


def test_no_plot_is_left() -> None:
    taken = [IPv4Network((int(SpareNetworks().cidr[0]), 12))]
    with pytest.raises(StackError, match=r"no VLAN and no /22 is left: make env-sweep"):
        network_slots.choose("pr-42", 22, taken, [])


def test_slots_are_of_what_the_settings_leave_to_them() -> None:
    """The first VLAN has the first part, and there are no more than the fewer of both."""
    spare = SpareNetworks(vlans="3100-3102", cidr=IPv4Network("10.200.0.0/16"))
    found: list[network_slots.Slot] = []
    for number in range(3):
        taken = [slot.cidr for slot in found], [slot.vlan for slot in found]
        found.append(network_slots.choose(f"pr-{number}", 22, *taken, spare=spare))
    assert [(slot.vlan, str(slot.cidr), str(slot.local)) for slot in found] == [
        (3100, "10.200.0.0/22", "10.200.128.0/22"),
        (3101, "10.200.4.0/22", "10.200.132.0/22"),
        (3102, "10.200.8.0/22", "10.200.136.0/22"),
    ]
    with pytest.raises(StackError, match=r"no VLAN and no /22 is left"):
        network_slots.choose("pr-9", 22, [], [slot.vlan for slot in found], spare=spare)
    small = SpareNetworks(vlans="3100-3199", cidr=IPv4Network("10.200.0.0/21"))
    assert small.count == 1
    only = network_slots.choose("pr-1", 22, [], [], spare=small)
    assert (str(only.cidr), str(only.local)) == ("10.200.0.0/22", "10.200.4.0/22")
    with pytest.raises(StackError, match=r"test_environments has no /20 for a backbone"):
        network_slots.choose("pr-1", 20, [], [], spare=small)


def test_only_what_would_meet_production_is_changed() -> None:
    """The rest is production's, so that what a test shows holds for production."""
    made, given = derived(), production() | {"operators": OPERATORS}
    changed = {key for key in made.keys() | given.keys() if made.get(key) != given.get(key)}
    assert changed == {"kind", "expires", "domain", "backbone", "local_cidr", "sites", "edge"}
    assert made["domain"] == "meeting-pr-42.organisation.fr"
    assert made["backbone"] == {"type": "vrack", "vlan": 3007, "cidr": "10.128.28.0/22"}
    assert made["local_cidr"] == "10.192.28.0/22"
    assert made["sites"] == {
        "gra": {"role": "primary", "block": "10.128.28.0/24", "meeting_nodes": 1},
        "sbg": {"role": "secondary", "block": "10.128.29.0/24", "meeting_nodes": 1},
        "witness": {"role": "witness", "block": "10.128.30.0/24"},
    }
    certificate = {"type": "acme", "email": "admin@organisation.fr", "directory": LETS_ENCRYPT_STAGING}
    assert made["edge"] == given["edge"] | {"certificate": certificate}


def test_no_cookie_of_a_test_environment_reaches_production() -> None:
    """Its names are beside production's, not below: only a parent's cookies are sent, and no page sets a sibling's."""
    assert derive.beside("meeting.organisation.fr", "pr-42") == "meeting-pr-42.organisation.fr"
    assert derive.beside("a.b.organisation.fr", "pr-42") == "a-pr-42.b.organisation.fr"
    assert derive.beside("organisation.fr", "pr-42") == "pr-42.organisation.fr"


def test_a_flat_wire_gets_a_tag_and_a_private_authority_stays() -> None:
    """The lab's network, and an authority whose limits are its own."""
    flat = {"type": "provider", "network_type": "flat", "physical_network": "vrack", "cidr": "10.17.0.0/22"}
    own = {"type": "acme", "email": "a@b.fr", "directory": "https://ca.organisation.fr/directory"}
    made = derived(backbone=flat, edge={"certificate": own})
    assert made["backbone"] == flat | {"network_type": "vlan", "vlan": 3007, "cidr": "10.128.28.0/22"}
    assert made["edge"] == {"certificate": own}


def test_a_zone_goes_along_and_is_left_out_where_nobody_may_log_in() -> None:
    """It is pushed over SSH; nothing is deployed yet whose addresses it could hold."""
    zone = {"zone": "ha.organisation.fr"}
    edge = {**production()["edge"], "routing": "dns"}
    made = derived(dns=zone, edge=edge, deployed=["gra", "sbg"])
    assert made["dns"] == {"zone": "ha-pr-42.organisation.fr"}
    assert "deployed" not in made
    inside = derived(dns=zone, edge=edge, domain="meeting.ha.organisation.fr")
    assert inside["domain"] == "meeting.ha-pr-42.organisation.fr"
    closed = derived(operators=False, dns=zone, edge=edge)
    assert "dns" not in closed
    assert "operators" not in closed


@pytest.mark.parametrize("operators", [True, False])
@pytest.mark.parametrize("site", ["gra", "sbg", "witness"])
@pytest.mark.parametrize("dns", [None, "ha.organisation.fr", "organisation.example.fr"])
def test_the_program_takes_what_is_made(site: str, operators: bool, dns: str | None, tmp_path: Path) -> None:
    """The stack's file is a whole configuration, small, and its own secrets stay in it."""
    edge = {**production()["edge"], "routing": "dns" if dns else "failover"}
    shared = derived(operators, edge=edge, dns={"zone": dns} if dns else None)
    source = yaml.safe_load((ROOT / f"Pulumi.{site}.yaml").read_text())["config"]
    source["multiparty-meeting:cookie_secret"] = {"secure": "v1:production's"}
    raw = {key.removeprefix("multiparty-meeting:"): value for key, value in source.items()}
    path = tmp_path / f"Pulumi.pr-42-{site}.yaml"
    path.write_text("encryptionsalt: v1:own\nconfig:\n  multiparty-meeting:redis_password: {secure: own}\n")
    write_derived(path, source, derive.stack(raw, "pr-42", shared))
    written = yaml.safe_load(path.read_text())
    assert written["encryptionsalt"] == "v1:own"
    assert written["config"].pop("multiparty-meeting:redis_password") == {"secure": "own"}
    assert "multiparty-meeting:cookie_secret" not in written["config"]
    config = {key.removeprefix("multiparty-meeting:"): value for key, value in written["config"].items()}
    flat = values(site, {key: config[key] for key in ("environments", "environment", "flavors", "gateway")})
    settings = load_settings(flat, stack=f"pr-42-{site}", encrypted=SECRETS)
    assert settings.env.expires == "2026-11-24T02:00Z"
    assert not settings.env.protected
    assert set(settings.flavors.values()) <= {"d2-2", "d2-4"}
    assert settings.peer_stack("gra") == "pr-42-gra"
