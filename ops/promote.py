"""Make a site's Redis the master, by hand: where two sites vote and one is lost, nobody can elect.

    python -m ops promote sbg
    python -m ops promote sbg --alone

With `--alone` it takes writes though no replica is in reach, until one is. Only that site's stack and its edge are
asked: the other site may be gone.
"""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fleet import ssh
from fleet.arguments import HERE, Directory, Identity
from fleet.command_line import CommandError
from fleet.fleet import Fleet, fleet
from fleet.stacks import stacks

# The script on the server gives up after half a minute; the rest is two logins.
_SECONDS = 120


class NotPromotedError(CommandError):
    """The site's Redis is not the master; the message says why."""


def promote(site: Fleet, config: Path, *, alone: bool = False) -> str:
    """Have the site's Sentinel make the Redis beside it the master.

    Args:
        site: the servers of the site's stack.
        config: the SSH configuration that reaches them.
        alone: have it take writes without a replica, until there is one.

    Returns:
        What the server said it did.

    Raises:
        NotPromotedError: there is no such server, it cannot be reached, or Sentinel refuses.
    """
    servers = site.of("redis")
    if not servers:
        raise NotPromotedError("the stack has no Redis that may be master: name the stack of a service site")
    try:
        done = ssh.run(config, servers[0].name, f"sudo redis-promote{' alone' if alone else ''}", timeout=_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise NotPromotedError(f"{servers[0].name}: no answer in {error.timeout:.0f} s") from error
    if done.returncode:
        raise NotPromotedError(f"{servers[0].name}: {(done.stderr or done.stdout).strip()}")
    return done.stdout.strip()


def main(
    stack: Annotated[str, "the site's stack"],
    *,
    alone: Annotated[bool, "take writes though no replica is in reach, until one is"] = False,
    identity: Identity = None,
    directory: Directory = HERE,
) -> int:
    """The command; 1 with the reason when the site's Redis is not the master."""
    site = fleet(stacks([stack], directory))
    with TemporaryDirectory() as kept:
        print(promote(site, ssh.write(site, Path(kept), identity), alone=alone))
    return 0
