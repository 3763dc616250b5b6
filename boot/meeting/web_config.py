"""The web app's configuration, which every visitor's browser reads."""

import json
from importlib.resources import files

from settings.delivery import Container
from settings.meeting import merge
from settings.stack import Settings


def web_config(settings: Settings) -> str:
    """The text of public/config/config.js; empty where the server's own is right.

    The page of 3.4 is blank without one, and upstream's image has none: all that its web app reads, with upstream's
    values. 3.5 has defaults, and an archive brings its own.
    """
    meeting = settings.env.meeting
    given = dict(meeting.web_config)
    if meeting.server == "edumeet-3.4" and isinstance(meeting.delivery, Container):
        shipped = json.loads((files("boot") / "meeting/web-config-3.4.json").read_text())
        given = merge(shipped, given)
    # A key a line: indented it would be half as long again, and a boot document has little room.
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in given.items())
    return f"var config = {{\n{lines}\n}};\n" if given else ""
