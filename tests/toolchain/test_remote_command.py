"""The command plugin over SSH, against a real server on loopback."""

from collections.abc import Iterator

import pytest

from tests.toolchain import sshd
from tests.toolchain.conftest import Project

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sshd.Server]:
    """One server for the module."""
    running, process = sshd.start(tmp_path_factory.mktemp("sshd"))
    yield running
    process.terminate()
    process.wait(10)


def test_create_update_delete_with_standard_input(project: Project, server: sshd.Server) -> None:
    """What the program pushes arrives through stdin, goes again when it changes; the key stays out of sight."""
    body = """
command = remote.Command("c", connection=remote.ConnectionArgs(**{connection}), add_previous_output_in_env=False,
    create="cat > {file}; echo $COLOUR >&2; wc -c < {file}", delete="rm {file}", stdin={text!r},
    environment={{"COLOUR": "blue"}})
pulumi.export("stdout", command.stdout)
pulumi.export("stderr", command.stderr)
"""
    file = project.directory / "pushed"
    facts = {"connection": server.connection(), "file": file}
    assert project.up(body.format(text="first", **facts)) == {"stdout": "5", "stderr": "blue"}
    assert project.operations(body.format(text="first", **facts)) == {}
    project.up(body.format(text="second", **facts))
    assert file.read_text() == "second"
    assert "PRIVATE KEY" not in project.state()
    project.pulumi("destroy", "--yes", "--skip-preview")
    assert not file.exists()


def test_through_a_proxy(project: Project, server: sshd.Server) -> None:
    """The same server serves as its own bastion: what it logs is a forwarded connection."""
    connection = f"dict({server.connection()}, proxy=remote.ProxyConnectionArgs(**{server.connection()}))"
    outputs = project.up(f"""
command = remote.Command("c", create="echo $SSH_CONNECTION", connection=remote.ConnectionArgs(**{connection}))
pulumi.export("stdout", command.stdout)
""")
    assert "127.0.0.1" in outputs["stdout"]
    assert (server.directory / "log").read_text().count("Accepted publickey") >= 2


@pytest.mark.parametrize("host_key", ["host_ed25519", "host_ecdsa"])
def test_any_of_the_servers_keys_will_do(project: Project, server: sshd.Server, host_key: str) -> None:
    """A server with several keys shows the one that is expected."""
    connection = server.connection(host_key=host_key)
    project.up(f'remote.Command("c", create="true", connection=remote.ConnectionArgs(**{connection}))')


def test_another_host_key_is_refused(project: Project, server: sshd.Server) -> None:
    """The command never runs on a server that is not the expected one."""
    file = project.directory / "touched"
    connection = server.connection(host_key="client", dial_error_limit=1)
    project.write(f'remote.Command("c", create="touch {file}", connection=remote.ConnectionArgs(**{connection}))')
    failed = project.pulumi("up", "--yes", "--skip-preview", check=False)
    assert failed.returncode != 0
    assert "host key mismatch" in failed.stdout + failed.stderr
    assert not file.exists()


def test_a_failure_shows_the_end_of_its_stderr(project: Project, server: sshd.Server) -> None:
    """As for a local command."""
    connection = server.connection()
    project.write(f"""
remote.Command("c", create="echo disk is full >&2; exit 4", logging="none",
               connection=remote.ConnectionArgs(**{connection}))
""")
    failed = project.pulumi("up", "--yes", "--skip-preview", check=False)
    said = failed.stdout + failed.stderr
    assert failed.returncode != 0
    assert "status 4" in said
    assert "disk is full" in said


def test_nobody_there(project: Project, server: sshd.Server) -> None:
    """The attempts are counted and the address is named."""
    connection = server.connection(port=1, dial_error_limit=2)
    project.write(f'remote.Command("c", create="true", connection=remote.ConnectionArgs(**{connection}))')
    failed = project.pulumi("up", "--yes", "--skip-preview", check=False)
    assert failed.returncode != 0
    assert "no SSH connection to 127.0.0.1:1 after 2 attempts" in failed.stdout + failed.stderr


def test_a_refused_variable_is_an_error(project: Project, server: sshd.Server) -> None:
    """The released plugin fails as well where AcceptEnv does not name a variable: it must not pass here."""
    connection = server.connection()
    project.write(f"""
remote.Command("c", create="true", environment={{"OTHER": "1"}}, connection=remote.ConnectionArgs(**{connection}))
""")
    failed = project.pulumi("up", "--yes", "--skip-preview", check=False)
    assert failed.returncode != 0
    assert "AcceptEnv must name it" in failed.stdout + failed.stderr
