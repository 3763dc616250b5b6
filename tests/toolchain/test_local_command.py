"""The command plugin on this machine, by way of the real engine."""

import pytest

from tests.toolchain.conftest import Project

pytestmark = pytest.mark.engine


def test_create_update_delete(project: Project) -> None:
    """Each operation runs its own command; the ones after the first see what the one before wrote."""
    body = """
log = {log!r}
command = local.Command("c",
    create=f"echo created >> {{log}}; echo one",
    update=f"echo updated after $PULUMI_COMMAND_STDOUT >> {{log}}; echo two",
    delete=f"echo deleted after $PULUMI_COMMAND_STDOUT >> {{log}}",
    environment={{"COLOUR": {colour!r}}})
pulumi.export("stdout", command.stdout)
"""
    log = project.directory / "log"
    assert project.up(body.format(log=str(log), colour="blue")) == {"stdout": "one"}
    assert project.operations(body.format(log=str(log), colour="blue")) == {}
    assert project.up(body.format(log=str(log), colour="red")) == {"stdout": "two"}
    project.pulumi("destroy", "--yes", "--skip-preview")
    assert log.read_text().splitlines() == ["created", "updated after one", "deleted after two"]


def test_update_without_its_own_command_runs_create(project: Project) -> None:
    """A changed standard input is reason enough."""
    body = 'pulumi.export("stdout", local.Command("c", create="cat", stdin={text!r}).stdout)'
    assert project.up(body.format(text="first")) == {"stdout": "first"}
    assert project.operations(body.format(text="second"))["c"] == "update"
    assert project.up(body.format(text="second")) == {"stdout": "second"}


def test_changed_triggers_replace(project: Project) -> None:
    """Also where the trigger is known only after another resource has run."""
    body = """
first = local.Command("first", create="echo {value}")
second = local.Command("second", create="echo ran", triggers=[first.stdout])
"""
    project.up(body.format(value=1))
    assert project.operations(body.format(value=1)) == {}
    assert project.operations(body.format(value=2)) == {"first": "update", "second": "replace"}


def test_standard_input_is_in_no_list_of_processes(project: Project) -> None:
    """While the command runs, its own list of processes shows the command and not what it reads.

    This sees the processes' arguments; that the environment is free of it as well is by the same pipe.
    """
    seen = project.up("""
listing = "tr '\\\\0' ' ' < /proc/$PPID/cmdline; cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\\\0' ' '; cat > /dev/null"
pulumi.export("seen", local.Command("c", create=listing, stdin=pulumi.Output.secret("the-quiet-word")).stdout)
""")["seen"]
    assert "cat > /dev/null" in seen
    assert "the-quiet-word" not in seen


def test_secrets_stay_secret(project: Project) -> None:
    """What is written after reading a secret is neither shown nor stored in clear."""
    project.write("""
secret = pulumi.Output.secret("the-quiet-word")
pulumi.export("out", local.Command("c", create="cat; echo and more; echo $WORD >&2", stdin=secret,
                                   environment={"WORD": secret}).stdout)
""")
    shown = project.pulumi("up", "--yes", "--diff")
    assert "the-quiet-word" not in shown.stdout + shown.stderr
    assert "the-quiet-word" not in project.state()
    assert "ciphertext" in project.state()
    assert "the-quiet-word" in project.pulumi("stack", "output", "out", "--show-secrets").stdout


def test_a_value_that_becomes_secret_runs_nothing(project: Project) -> None:
    """Wrapping is not a change of the value."""
    project.up('local.Command("c", create="cat", stdin="word")')
    assert project.operations('local.Command("c", create="cat", stdin=pulumi.Output.secret("word"))') == {}


def test_a_failure_shows_the_end_of_its_stderr(project: Project) -> None:
    """The status and the last lines, not the first."""
    project.write(
        'local.Command("c", create="for i in $(seq 1 500); do echo line $i >&2; done; exit 7", logging="none")'
    )
    failed = project.pulumi("up", "--yes", "--skip-preview", check=False)
    said = failed.stdout + failed.stderr
    assert failed.returncode != 0
    assert "exit status 7" in said
    assert "line 500\n" in said
    assert "line 100\n" not in said


def test_directory_and_interpreter(project: Project) -> None:
    """The command runs where and by what it is told."""
    outputs = project.up(f"""
python = local.Command("c", create="import os; print(os.getcwd())",
                       interpreter=["python3", "-c"], dir="{project.directory}")
pulumi.export("cwd", python.stdout)
""")
    assert outputs == {"cwd": str(project.directory)}


def test_previous_output_can_be_kept_out_of_the_environment(project: Project) -> None:
    """`addPreviousOutputInEnv` is what a server without AcceptEnv needs."""
    body = """
command = local.Command("c", create="echo ${{PULUMI_COMMAND_STDOUT-none}}", stdin="{text}",
                        add_previous_output_in_env=False)
pulumi.export("stdout", command.stdout)
"""
    project.up(body.format(text=1))
    assert project.up(body.format(text=2)) == {"stdout": "none"}
