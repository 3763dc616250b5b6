"""Write the first settings of an environment: Pulumi.yaml and its stacks' files.

    python -m ops init
    python -m ops init --domain meeting.organisation.fr --mail admin@organisation.fr --image REGISTRY/NAME:TAG

It asks what no option says; without a terminal, or with --yes, it takes what it proposes and asks nothing. What the
settings refuse is said, and nothing is written. Said again it changes what is answered otherwise than the files do.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from fleet.arguments import HERE, Directory, Stacks
from fleet.command_line import CommandError
from ops.init import found
from ops.init.answers import Answers
from ops.init.environment_files import EnvironmentFiles, read
from ops.init.questions import DOMAIN, IMAGE, MAIL, NOBODY, changes

_SITES = ("gra", "sbg", "witness")


def filled(before: EnvironmentFiles, answers: Mapping[str, str]) -> tuple[EnvironmentFiles, list[str]]:
    """The files with the answers, and with the images' ids as far as the cloud says them.

    Returns:
        The files, and why an id is not known.
    """
    after = before.changed(changes(answers, before))
    moved = [stack for stack in after.stacks if after.own(stack, "region") != before.own(stack, "region")]
    gone = [after.of_stack(stack, "image", "id") for stack in moved]
    gone += [
        after.of_stack(stack, "images", role, "id") for stack in moved for role in after.own(stack, "images") or {}
    ]
    after = after.changed((place, None) for place in gone if after.at(place))
    if after.refusals():
        return after, []
    lacking = [stack for stack in after.stacks if not after.own(stack, "image", "id")]
    wanted = {stack: (str(after.own(stack, "region")), str(after.own(stack, "image", "name"))) for stack in lacking}
    ids, missing = found.image_ids(wanted)
    return after.changed((after.of_stack(stack, "image", "id"), known) for stack, known in ids.items()), missing


def main(
    stack: Stacks = _SITES,
    *,
    domain: Annotated[str | None, DOMAIN.text] = None,
    mail: Annotated[str | None, MAIL.text] = None,
    image: Annotated[str | None, f"{IMAGE.text}, by tag or digest"] = None,
    server: Annotated[str | None, "which meeting server it is, where the image's name does not say"] = None,
    operators: Annotated[str | None, f"networks that operators log in from, or {NOBODY}"] = None,
    ssh_key: Annotated[str | None, "their public key, or its file; else the one in ~/.ssh"] = None,
    regions: Annotated[str | None, "the stacks' regions, in their order: GRA11,SBG7,DE1"] = None,
    vlan: Annotated[str | None, "the backbone's, of your vRack, for this environment alone"] = None,
    participants: Annotated[str | None, "people at the same time, in all rooms"] = None,
    yes: Annotated[bool, "ask nothing: take what is proposed"] = False,
    directory: Directory = HERE,
) -> int:
    """The command."""
    options = {
        "domain": domain,
        "mail": mail,
        "image": image,
        "server": server,
        "operators": operators,
        "ssh-key": ssh_key,
        "regions": regions,
        "vlan": vlan,
        "participants": participants,
    }
    before = read(directory, stack)
    ask = input if sys.stdin.isatty() and not yes else None
    answers = Answers(before, {name: word for name, word in options.items() if word is not None}, ask, Path.home())
    after, missing = filled(before, answers.complete())
    if refused := after.refusals():
        raise CommandError("\n".join([*refused, "nothing is written"]))
    _tell(before, after, missing)
    after.write(before)
    return 0


def _tell(before: EnvironmentFiles, after: EnvironmentFiles, missing: list[str]) -> None:
    """What is written, and what comes next."""
    files = [file.name for file in after.differing(before)]
    print(f"written: {', '.join(files)}" if files else "nothing to change")
    for line in missing:
        print(line, file=sys.stderr)
    if any(not after.own(stack, "image", "id") for stack in after.stacks):
        print("image ids are still to be found: make images, with the cloud's credentials")
    print("next: make preflight, which asks the cloud, the DNS and the registry whether all of it can be had")
