"""The lab from the outside, without one: command line, package guard, the holder's identity, memory table."""

import os
from pathlib import Path

import pytest

from lab import Lab, LabError
from lab.__main__ import main
from lab.cache import state_home
from lab.cloud import memory, namespaces
from lab.install import PACKAGE_LIST, packages, starting_nothing


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_run_keeps_the_commands_own_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes the process's place is the command as it was written, behind the lab's own."""
    entered: list[list[str]] = []
    monkeypatch.setattr(Lab, "enter", lambda lab, command: [lab.name, *command])
    monkeypatch.setattr(os, "execvp", lambda _, command: entered.append(command))
    main(["run", "--name", "x", "--", "ls", "--all", "-l", "--", "a"])
    assert entered == [["x", "ls", "--all", "-l", "--", "a"]]


@pytest.mark.parametrize(
    "argv",
    [
        ["run", "--", "true"],
        ["fault", "--service", "compute"],
        ["logs"],
        ["up", "--regions", "GRA9"],
        ["fault"],
    ],
    ids=" ".join,
)
def test_errors_are_said_in_one_line(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 1
    assert capsys.readouterr().err.count("error: ") == 1


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["run"], "required: command"),
        (["up", "--servers", "cows"], "must be one of containers, machines"),
        (["openrc", "--user", "nobody"], "argument --user: 'nobody': must be one of admin, demo"),
    ],
    ids=str,
)
def test_words_that_are_not_allowed_are_refused(argv: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(argv)
    assert says in capsys.readouterr().err


def test_status_of_a_lab_that_is_down_names_its_directory(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--fake"]) == 1
    assert str(state_home() / "lab" / "fake") in capsys.readouterr().out


def test_openrc_is_shell(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["openrc", "--region", "DE1"]) == 0
    assert "export OS_REGION_NAME='DE1'" in capsys.readouterr().out.splitlines()


def test_packages_are_listed_once() -> None:
    listed = packages(PACKAGE_LIST)
    assert len(listed) == len(set(listed)) > 30


def test_the_guard_against_starting_servers_goes_again(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with starting_nothing(policy):
        assert policy.stat().st_mode & 0o111
    assert not policy.exists()


def test_a_guard_that_was_there_stays(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("theirs")
    with starting_nothing(policy):
        assert policy.read_text() == "theirs"
    assert policy.read_text() == "theirs"


def test_a_process_id_that_was_used_again_is_no_holder(tmp_path: Path) -> None:
    """The file names a living process, but one that began at another time."""
    (tmp_path / namespaces.HOLDER).write_text(f"{os.getpid()} 1")
    assert namespaces.holder(tmp_path) == 0
    with pytest.raises(LabError, match="is not up"):
        namespaces.enter(tmp_path, ["true"])


def test_memory_counts_with_the_nearest_service() -> None:
    parents = {40: 30, 30: 20, 20: 1, 50: 1}
    services = {20: "nova-api-de1"}
    assert memory.owner(40, services, parents.__getitem__) == "nova-api-de1"
    assert memory.owner(50, services, parents.__getitem__) == "others"


def test_memory_knows_servers_of_both_kinds() -> None:
    """QEMU's arguments name a machine; a container's cgroups have its id, its monitor's too."""
    uuid = "6b1f0d7e-6a4e-4d56-9d0f-0123456789ab"
    names = {uuid: "gra-edge-1"}
    assert memory.server(b"qemu\0-name\0guest=gra11-00000001,debug-threads=on\0", "0::/", names) == "gra11-00000001"
    assert memory.server(b"/sbin/init\0", f"4:memory:/lab-{uuid}/init.scope\n", names) == "gra-edge-1"
    assert memory.server(b"[lxc monitor]\0", f"4:memory:/lab-{uuid}.monitor\n", {}) == uuid
    assert memory.server(b"nova-compute\0", "0::/", names) is None
