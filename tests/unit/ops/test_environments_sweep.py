"""A sweep finds what is over and what no stack has, and takes nothing else away."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from openstack.exceptions import BadRequestException

from fleet.stacks import StackError
from ops.environments.backend import StackState
from ops.environments.orphans import expired
from ops.environments.sweep import look, sweep
from tests.unit.ops.clouds import description
from tests.unit.ops.fakes import NOW, SITES, Fake

LATER = timedelta(minutes=1)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Production, the environment pr-42, which expires in a minute, and somebody else's port."""
    monkeypatch.setenv("OS_REGION_NAME", "")
    fake = Fake.at(tmp_path)
    for site, region in SITES.items():
        ids = fake.regions[region].has("production", site, expires=None)
        fake.states[site] = StackState(frozenset(ids), protected=("an-address",))
    fake.deploy("pr-42")
    fake.regions["GRA11"].add("port", "stranger", device_id="", device_owner="", on="")
    return fake


def swept(fake: Fake, *, yes: bool = True) -> list[str]:
    """What a sweep says."""
    said: list[str] = []
    sweep(fake.tools, yes=yes, tell=said.append)
    return said


OVER = "2026-11-23T00:00Z"


def lose(fake: Fake, environment: str, id_: str = "lost", expires: str | None = OVER) -> None:
    """A labelled port in SBG that no state holds."""
    text = description(environment, "sbg", expires)
    fake.regions["SBG7"].add("port", id_, description=text, device_id="", device_owner="", on="")


def test_nothing_is_found_where_all_is_well(fake: Fake) -> None:
    """A minute before it expires."""
    before = fake.remains
    assert swept(fake) == ["nothing has expired, and every resource belongs to a stack"]
    assert fake.remains == before


def test_an_expired_environment_is_listed_and_taken_down_when_told(fake: Fake) -> None:
    """Production and strangers stay; nothing of it is called an orphan meanwhile."""
    fake.now = NOW + LATER
    before = fake.remains
    assert swept(fake, yes=False) == [
        "expired   pr-42, at 2026-11-24T02:00Z",
        "make env-sweep YES=1 removes what has expired and the orphans",
    ]
    assert fake.remains == before
    assert swept(fake)[-1] == "all of it is removed"
    assert fake.remains == {r: [i for i in ids if not i.startswith("pr-42-")] for r, ids in before.items()}
    assert set(fake.states) == {"gra", "sbg", "witness"}


def test_an_empty_stack_is_over_by_its_history_or_its_file(fake: Fake) -> None:
    """A teardown that was cut off after the engine's work; a file that was left behind."""
    fake.states["pr-7-gra"] = StackState()
    fake.history["pr-7-gra"] = "2026-11-23T00:00Z"
    file = fake.directory / "Pulumi.pr-8-sbg.yaml"
    settings = "{pr-8: {kind: test, expires: 2026-11-23T00:00Z}}"
    file.write_text(f"config:\n  multiparty-meeting:environments: {settings}\n")
    assert set(look(fake.tools).expired) == {"pr-7", "pr-8"}
    swept(fake)
    assert "pr-7-gra" not in fake.states
    assert not file.exists()


def test_a_leaked_port_is_found_and_removed(fake: Fake) -> None:
    """Of a stack that is not there any more; one whose time is not over goes with its environment."""
    lose(fake, "pr-3")
    lose(fake, "pr-42", "later", "2026-11-24T02:00Z")
    said = swept(fake, yes=False)
    assert said[:2] == [
        "orphan    ports: lost (SBG7, lost), of pr-3-sbg",
        "kept      ports: later (SBG7, later), of pr-42-sbg: its environment lives until 2026-11-24T02:00Z",
    ]
    before = fake.remains
    swept(fake)
    assert fake.remains == before | {"SBG7": [i for i in before["SBG7"] if i != "lost"]}
    fake.now = NOW + LATER
    swept(fake)
    assert "later" not in fake.remains["SBG7"]


def test_another_programs_server_groups_stay(fake: Fake) -> None:
    """A group has a name alone, and theirs look like ours; also beside resources of ours that nothing says expire."""
    for name in ("jitsi-gra-meeting", "hr-sbg-meeting", "pr-9-sbg-meeting"):
        fake.regions["SBG7"].add("server_group", name, name=name)
    lose(fake, "hr", expires=None)
    before = fake.remains
    said = swept(fake)
    assert len([line for line in said if line.endswith("nothing says that it is of a test environment")]) == 4
    assert fake.remains == before


def test_what_lives_on_in_another_backend_stays(fake: Fake) -> None:
    """A colleague's environment whose stacks are in a backend of their own: its time is not over."""
    fake.regions["GRA11"].has("pr-7", "gra", expires="2099-01-01T00:00Z")
    before = fake.remains
    assert all("lives until 2099-01-01T00:00Z" in line for line in swept(fake) if "pr-7" in line)
    assert fake.remains == before


def test_a_backend_without_any_stack_is_the_wrong_one(fake: Fake) -> None:
    fake.now = NOW + LATER
    fake.states.clear()
    before = fake.remains
    with pytest.raises(StackError, match="is PULUMI_BACKEND_URL the one"):
        swept(fake)
    assert fake.remains == before


def test_a_region_that_does_not_say_is_told_and_the_others_are_swept(fake: Fake) -> None:
    """Nothing that may be there is called gone."""
    lose(fake, "pr-3")
    fake.regions["GRA11"].failures = [BadRequestException("the API is being upgraded")] * 100
    with pytest.raises(StackError, match="not swept: GRA11 cannot be asked"):
        swept(fake)
    assert "lost" not in fake.remains["SBG7"]


def test_all_kinds_of_orphans_go(fake: Fake) -> None:
    """A whole site whose stack was removed by force, in the order that works; its server group by its name."""
    before = fake.remains
    ids = fake.regions["DE1"].has("pr-9", "witness", expires=OVER)
    assert {r.id for r in look(fake.tools).orphans.loose} == set(ids)
    swept(fake)
    assert fake.remains == before


def test_a_stack_that_is_being_made_is_not_judged(fake: Fake) -> None:
    """What it has just created is not in its state yet."""
    fake.states["pr-42-sbg"] = replace(fake.states["pr-42-sbg"], pending=frozenset({"x"}))
    lose(fake, "pr-42", expires="2026-11-24T02:00Z")
    assert look(fake.tools).is_clean


def test_environments_that_are_written_down_are_shown_and_kept(fake: Fake) -> None:
    """With the wrong backend all of production would be an orphan."""
    for site in SITES:
        del fake.states[site]
    fake.states["other"] = StackState()
    before = fake.remains
    said = swept(fake)
    assert len([line for line in said if line.startswith("kept ")]) == 3 * 8
    assert all(line.endswith("Pulumi.yaml names its environment") for line in said)
    assert fake.remains == before


def test_what_could_not_be_removed_fails_the_sweep(fake: Fake) -> None:
    """And the rest is removed all the same."""
    fake.now = NOW + LATER
    fake.states["pr-42-gra"] = replace(fake.states["pr-42-gra"], protected=("an-address",))
    lose(fake, "pr-3")
    with pytest.raises(StackError, match=r"(?s)is protected.*still there:\nexpired   pr-42"):
        swept(fake)
    assert "lost" not in fake.remains["SBG7"]


def test_the_last_expiry_counts() -> None:
    """More time that did not reach every site is more time."""
    said = {"a": {"2026-11-24T01:00Z", "2026-11-24T03:00Z"}, "b": {"2026-11-24T01:00Z"}, "c": set[str]()}
    assert expired(said, NOW) == {"b": "2026-11-24T01:00Z"}
