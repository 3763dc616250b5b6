"""One site of a change: its preview, and the settings that the change gives it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fleet.outputs import StackOutputs
from fleet.preview.changes import Change, changes
from fleet.preview.preview import SECRET, Preview, PreviewError, read
from fleet.preview.secrets import shown, why_not
from settings import PROJECT
from settings.load import SECRET_KEYS, SettingsError, load_settings
from settings.secrets import STAND_INS
from settings.stack import Settings

_NAMESPACE = f"{PROJECT}:"


@dataclass(frozen=True)
class ReviewedSite:
    """One site.

    Attributes:
        name: as people call it.
        preview: what the engine is going to do.
        settings: what the change sets; its secrets are not shown, and hold a word in their place.
    """

    name: str
    preview: Preview
    settings: Settings

    @cached_property
    def changes(self) -> list[Change]:
        """What changes, by effect and name."""
        return changes(self.preview)

    @property
    def deployed(self) -> StackOutputs:
        """The outputs that its stack has now."""
        return self.preview.deployed

    @property
    def prefix(self) -> str:
        """What the names of its resources begin with in the cloud."""
        return f"{self.settings.environment}-{self.settings.site}-"


def reviewed(name: str, path: Path) -> ReviewedSite:
    """Read one site.

    Raises:
        PreviewError: the file is no preview, the preview failed, or its configuration is refused.
    """
    try:
        preview = read(path)
    except PreviewError as error:
        raise PreviewError(why_not(path, error)) from error
    if preview.errors:
        raise PreviewError(shown("\n".join(preview.errors)))
    given = preview.config.items()
    values = {key.removeprefix(_NAMESPACE): value for key, value in given if key.startswith(_NAMESPACE)}
    values |= {key: STAND_INS[key] for key in SECRET_KEYS & values.keys() if values[key] == SECRET}
    try:
        settings = load_settings(values, stack=preview.stack, encrypted=SECRET_KEYS)
    except SettingsError as refused:
        raise PreviewError(str(refused)) from refused
    return ReviewedSite(name, preview, settings)
