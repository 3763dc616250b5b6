"""A registry of container images: whether it has one, and by which digest (OCI's distribution specification)."""

import json
import re
from urllib.parse import urlencode, urlsplit

from fleet.bounded import AskingError
from fleet.request import request

# What podman takes for docker.io answers at another name.
_HOSTS = {"docker.io": "registry-1.docker.io"}
_MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_REFERENCE = re.compile(r"(?P<registry>[^/]+)/(?P<name>[^:@]+)(:(?P<tag>[^@]+))?(@(?P<digest>sha256:[0-9a-f]{64}))?")


class LoginNeededError(AskingError):
    """The registry gives the image to nobody without a login."""


def digest(image: str) -> str:
    """The digest of an image, as a registry has it now; nothing is pulled.

    Args:
        image: with its registry; by tag, by digest, or by both, and then the digest is asked for.

    Raises:
        LoginNeededError: nobody is told without a login.
        AskingError: the registry does not answer, or has no such image.
    """
    found = _REFERENCE.fullmatch(image)
    if not found:
        raise AskingError(f"{image} names no registry and no image")
    registry, name = found["registry"], found["name"]
    reference = found["digest"] or found["tag"] or "latest"
    url = f"{_origin(registry)}/v2/{name}/manifests/{reference}"
    headers = {"Accept": _MANIFESTS}
    answer = request("HEAD", url, headers)
    if answer.status == 401 and (token := _token(answer.headers.get("www-authenticate", ""))):
        answer = request("HEAD", url, headers | {"Authorization": f"Bearer {token}"})
    match answer.status:
        case 200:
            return answer.headers.get("docker-content-digest", reference)
        case 401 | 403:
            raise LoginNeededError(f"{registry} gives {name} to nobody without a login")
        case 404:
            raise AskingError(f"{registry} has no {name} of {reference}")
    raise AskingError(f"{registry} answers {answer.status}")


def _token(challenge: str) -> str | None:
    """What a registry's authority gives to anybody; None where it gives nothing."""
    told = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    if not challenge.startswith("Bearer ") or "realm" not in told:
        return None
    asked = {key: told[key] for key in ("service", "scope") if key in told}
    answer = request("GET", f"{told['realm']}?{urlencode(asked)}", {})
    if answer.status != 200:
        return None
    try:
        given = json.loads(answer.body)
    except ValueError as error:
        raise AskingError(f"{urlsplit(told['realm']).hostname} gives no token: {error}") from error
    return str(given.get("token") or given.get("access_token") or "") or None


def _origin(registry: str) -> str:
    """HTTPS, but for a registry of this machine's own."""
    own = registry.partition(":")[0] in ("localhost", "127.0.0.1")
    return f"{'http' if own else 'https'}://{_HOSTS.get(registry, registry)}"
