"""Console logs of the fake driver's servers: what a test put into `/run/lab/console/<server name>.log`.

`default.log` there stands for every server without a file of its own; with neither, Nova's own text is returned.
"""

from pathlib import Path

from nova import objects
from nova.virt import fake

CONSOLE = Path("/run/lab/console")
_original = fake.FakeDriver.get_console_output


def _get_console_output(self: fake.FakeDriver, context: object, instance: objects.Instance) -> bytes | str:
    for name in (instance.display_name, "default"):
        try:
            return (CONSOLE / f"{name}.log").read_bytes()
        except FileNotFoundError:
            continue
    return _original(self, context, instance)


fake.FakeDriver.get_console_output = _get_console_output
