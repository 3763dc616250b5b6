"""Where the meeting server comes from: a container image, or an archive for Debian's Node.js."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from settings.passed_through import looks_secret
from settings.section import ADVANCED, Refusal, Section, refuse
from settings.types import AbsolutePath, ImageByDigest, PlainUrl, Sha256, Switch, Text

# What a variable of the environment may be called (POSIX, 8.1), and what podman reads as one line of its file.
VariableName = Annotated[str, Text(r"[A-Za-z_][A-Za-z0-9_]*", "a variable's name, such as NODE_OPTIONS")]
VariableText = Annotated[str, Text(r"[^\x00-\x08\x0a-\x1f\x7f]*", "text of one line")]
# RFC 7617: what is before the colon.
Login = Annotated[str, Text(r"[^:\x00-\x1f\x7f]+", "a login, which has no colon")]
DirectoryName = Annotated[str, Text(r"[A-Za-z0-9][A-Za-z0-9._-]*", "a directory's name, such as images")]
# capabilities(7), as podman takes them.
Capability = Annotated[str, Text(r"CAP_[A-Z_]+", "a capability of Linux, such as CAP_NET_BIND_SERVICE")]


class WebFiles(Section):
    """Files of the web app: its pictures, a privacy page."""

    url: PlainUrl = Field(description="A tar.gz of files of the web app, which meeting nodes fetch.")
    sha256: Sha256 = Field(description="Its checksum.")
    directories: tuple[DirectoryName, ...] = Field(
        default=("images", "privacy"),
        min_length=1,
        description="The directories at its top: each takes the place of the web app's own.",
    )


class Container(Section):
    """A container image, run by podman with the host's network (a bridge chokes on 10,000 ports)."""

    type: Literal["container"] = Field(description="A container image, run by podman.")
    image: ImageByDigest = Field(description="The server's image, by digest.")
    registry_user: Login | None = Field(
        default=None, description="The login at a private registry; its password is the secret `registry_password`."
    )
    environment: dict[VariableName, VariableText] = Field(
        default_factory=dict,
        description="Variables of the container, in clear; those that upstream's entry point needs are there.",
        json_schema_extra=ADVANCED,
    )
    web_files: WebFiles | None = None
    config_dir: AbsolutePath | None = Field(
        default=None,
        description="Where the image looks for config.js; without it, where upstream's image does: "
        "/opt/edumeet/server/config, of edumeet-3.5 /opt/edumeet/server/dist/config.",
        json_schema_extra=ADVANCED,
    )
    public_dir: AbsolutePath | None = Field(
        default=None,
        description="Where the image has the web app; without it, where upstream's image does: "
        "/opt/edumeet/server/public, of edumeet-3.5 /opt/edumeet/server/dist/public.",
        json_schema_extra=ADVANCED,
    )
    capabilities: tuple[Capability, ...] = Field(
        default=(),
        description="What root may do in the container, where the image needs any; all is taken away from it.",
        json_schema_extra=ADVANCED,
    )
    read_only: Switch = Field(
        default=True,
        description="Whether the image's files cannot be written, but for /tmp, /var/tmp and /run.",
        json_schema_extra=ADVANCED,
    )

    @model_validator(mode="after")
    def _no_secret_in_clear(self) -> Self:
        allowed = "looks like a secret, and would stand in clear: put it into the secret meeting_config"
        named = (name for name, text in self.environment.items() if looks_secret(name, text))
        refuse("container", [Refusal(("environment", name), None, allowed) for name in named])
        return self

    @property
    def release(self) -> str | None:
        """The release that the image's tag says, as in 3.5; None where it has no tag of this kind."""
        _, _, tag = self.image.partition("@")[0].rpartition("/")[2].partition(":")
        found = re.match(r"[0-9]+\.[0-9]+", tag)
        return found[0] if found else None

    @property
    def name(self) -> str:
        """The image without tag and digest."""
        path, slash, last = self.image.partition("@")[0].rpartition("/")
        return f"{path}{slash}{last.partition(':')[0]}"


class Archive(Section):
    """A tar.gz with the server's directory, run by the distribution's Node.js."""

    type: Literal["archive"] = Field(
        description="A tar.gz with server/server.js (of edumeet-3.5 server/dist/server.js), run by Debian's Node.js."
    )
    url: PlainUrl = Field(description="Where meeting nodes fetch it.")
    sha256: Sha256 = Field(description="Its checksum.")


Delivery = Annotated[Container | Archive, Field(discriminator="type")]
