"""The Pulumi CLI's command line, written in one place."""

from pathlib import Path

# What every `up` and `destroy` of ours says: whoever calls has looked at a preview, and reads outputs by themselves.
UP = ("up", "--yes", "--skip-preview", "--suppress-outputs")
DESTROY = ("destroy", "--yes", "--skip-preview")


def command(*args: str, stack: str | None = None, directory: Path | None = None) -> list[str]:
    """A command line that asks nobody and paints nothing.

    Args:
        args: the command and its options, such as `UP`.
        stack: its name; none where the command is about the project.
        directory: where the stacks' files are; none: where it is run.
    """
    where = ["--cwd", str(directory)] if directory else []
    return ["pulumi", *args, "--non-interactive", "--color", "never", *where, *(["--stack", stack] if stack else [])]
