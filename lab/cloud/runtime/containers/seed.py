"""A config drive's files, in a directory where cloud-init looks for a config drive that is no disk."""

import os
from collections.abc import Iterable
from pathlib import Path

from nova import objects
from nova.api.metadata import base as metadata
from nova.virt import configdrive


def files(instance: objects.Instance, *, password: str | None, **given: object) -> Iterable[tuple[str, bytes | str]]:
    """The files' names and content; none for a server without a config drive, which asks the metadata service.

    Args:
        instance: the server.
        password: the administrator's.
        given: what else Nova's metadata are made from.
    """
    if not configdrive.required_by(instance):
        return ()
    extra = {"admin_pass": password} if password else {}
    return metadata.InstanceMetadata(instance, extra_md=extra, **given).metadata_for_config_drive()


def write(directory: Path, owner: int, content: Iterable[tuple[str, bytes | str]]) -> None:
    """Write files for the server's root, whose number on this machine is the owner's."""
    directory.mkdir()
    for name, data in content:
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data if isinstance(data, bytes) else data.encode())
        file.chmod(0o600)
    for path in (directory, *directory.rglob("*")):
        os.chown(path, owner, owner)
