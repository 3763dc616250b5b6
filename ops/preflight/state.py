"""Where Pulumi's state lies, and what it is encrypted with."""

import json
import re
import stat
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from fleet.bounded import AskingError
from fleet.state_bucket import bucket
from ops.preflight.line import Line, good, lacks, unknown
from settings.stack import Settings

_STATE, _PASSPHRASE, _TOOLS = "state", "passphrase", "tools"
_FILE, _TEXT = "PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_CONFIG_PASSPHRASE"
_LOGIN = (
    "export PULUMI_BACKEND_URL='s3://BUCKET?endpoint=https://s3.waw.io.cloud.ovh.net&region=waw&s3ForcePathStyle=true'"
)
_PULUMI = (3, 259)
# RBX and GRA have failed together (2017-11-09: the optics of RBX served GRA too).
_TOGETHER = {"RBX": "GRA"}


def location(region: str) -> str:
    """Where a region of servers or of object storage is: what fails together."""
    name = region.upper()
    place = name if name.count("-") > 1 else re.split(r"[-0-9]", name)[0]
    return _TOGETHER.get(place, place)


def backend(environment: Mapping[str, str], home: Path) -> str | None:
    """The URL of the backend that Pulumi is logged in to."""
    if url := environment.get("PULUMI_BACKEND_URL"):
        return url
    kept = environment.get("PULUMI_CREDENTIALS_PATH") or environment.get("PULUMI_HOME") or home / ".pulumi"
    file = Path(kept) / "credentials.json"
    try:
        return str(json.loads(file.read_text())["current"]) or None
    except (OSError, ValueError, KeyError):
        return None


def state(stacks: Sequence[Settings], environment: Mapping[str, str], home: Path) -> Iterator[Line]:
    """The state's bucket: it is there, keeps every version, and does not burn with a site."""
    url = backend(environment, home)
    if url is None:
        yield lacks(_STATE, "Pulumi is logged in nowhere", _LOGIN)
        return
    if url.startswith("http"):
        yield unknown(_STATE, f"whether {url} keeps the state's versions", "its own documents say it")
        return
    if not url.startswith("s3://"):
        yield lacks(_STATE, f"{url} is on this machine, and is lost with it", _LOGIN)
        return
    try:
        found = bucket(url, environment)
        burning = [one for one in stacks if location(one.region) == location(found.region)]
        for one in burning:
            what = f"bucket {found.name} is in {found.region}, and site {one.site} in {one.region}: lost together"
            yield lacks(_STATE, what, "a bucket in a region of none of the sites (docs/runbook.md, state-kept)")
        if not found.versioned():
            yield lacks(_STATE, f"bucket {found.name} keeps no versions", "make state-bucket")
        elif not burning:
            yield good(_STATE, f"bucket {found.name} in {found.region} keeps every version")
    except AskingError as error:
        yield lacks(_STATE, str(error), _CURES.get(_kind(str(error)), "docs/runbook.md, state-kept"))


def _kind(why: str) -> str:
    return next((words for words in _CURES if words in why), "")


_CURES = {
    "none of that name": "make state-bucket",
    "keys are refused": "take those of the bucket's own user (control panel, Object Storage, S3 users)",
    "are not both set": "export those of the bucket's own user (control panel, Object Storage, S3 users)",
    "names no": _LOGIN,
    "does not answer": "look at the endpoint in the backend's URL",
}


def passphrase(environment: Mapping[str, str], repository: Path) -> Iterator[Line]:
    """What encrypts the secrets in the stacks' files: it is there, for nobody else, and not among them."""
    named = environment.get(_FILE)
    if not named:
        if environment.get(_TEXT):
            yield good(_PASSPHRASE, f"{_TEXT} is set")
        else:
            make = f"openssl rand -base64 32 into a file, its name into {_FILE}"
            yield lacks(_PASSPHRASE, f"neither {_FILE} nor {_TEXT} is set", make)
        return
    file = Path(named).expanduser()
    if not file.is_file():
        yield lacks(_PASSPHRASE, f"{_FILE} = {named}: there is no such file", f"openssl rand -base64 32 >{named}")
        return
    if not file.read_text(errors="replace").strip():
        yield lacks(_PASSPHRASE, f"{_FILE} = {named}: is empty", f"openssl rand -base64 32 >{named}")
    elif file.resolve().is_relative_to(repository.resolve()):
        yield lacks(
            _PASSPHRASE, f"{_FILE} = {named}: is in the repository", "move it out, and see that no commit has it"
        )
    elif file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield lacks(_PASSPHRASE, f"{_FILE} = {named}: others on this machine may read it", f"chmod 600 {named}")
    else:
        yield good(_PASSPHRASE, f"{named} is outside of the repository, and its owner's alone")


def tools(stacks: Sequence[Settings]) -> Iterator[Line]:
    """The engine, and the key that `pulumi up` logs in with."""
    version = _run("pulumi", "version")
    numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
    if not numbers:
        yield lacks(_TOOLS, "there is no pulumi", "install it (https://www.pulumi.com/docs/iac/download-install/)")
    elif numbers < _PULUMI:
        yield lacks(_TOOLS, f"pulumi {version} is too old", f"{'.'.join(map(str, _PULUMI))} or newer")
    else:
        yield good(_TOOLS, f"pulumi {version}")
    key = next((one.env.operators.ssh_public_key for one in stacks if one.pushes), None)
    if key is None:
        return
    if key.split()[1] in _run("ssh-add", "-L"):
        yield good(_TOOLS, "the SSH agent has the operators' key")
    else:
        yield lacks(_TOOLS, "the SSH agent has not the key of operators.ssh_public_key", "ssh-add ~/.ssh/id_ed25519")
    cidrs = ", ".join(map(str, stacks[0].env.operators.cidrs))
    yield unknown(_TOOLS, f"whether this machine goes out by {cidrs} (operators.cidrs)", "a site that shows it says so")


def _run(*words: str) -> str:
    """What a program says; nothing where it is not there."""
    try:
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=10).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
