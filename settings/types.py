"""Domain types: each says once what a value may look like, in words that an operator reads in the error."""

import re
import unicodedata
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from settings.networks import ipv4_address, ipv4_network, planned_network
from settings.refused import refused

# RFC 3339 without seconds, in UTC: it stands in labels, whose values hold no spaces.
TIME_FORMAT = "%Y-%m-%dT%H:%MZ"


@dataclass(frozen=True)
class Text:
    """What a text may look like.

    Attributes:
        pattern: the whole of it, as a regular expression that Python and JavaScript read alike.
        allowed: the same in words, with an example.
    """

    pattern: str
    allowed: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        return core_schema.no_info_after_validator_function(self.checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": f"^({self.pattern})$"}

    def checked(self, value: str) -> str:
        """The value, when it looks so.

        Raises:
            PydanticCustomError: in words that say what may have been meant.
        """
        if re.fullmatch(self.pattern, value):
            return value
        near = (f"; {why}: write {text}" for why, text in _near(value) if re.fullmatch(self.pattern, text))
        raise refused("format", f"must be {self.allowed}{next(near, '')}")


def _near(value: str) -> Iterator[tuple[str, str]]:
    """What may have been meant, each with what is wrong about the value; a path's letters are as they are."""
    if "://" in value:
        return
    if "@sha256:" in value:
        yield "it must name its registry", f"docker.io/{value}"
        yield "it has upper case", value.lower()
        return
    yield "it has upper case", value.lower()
    yield "it has lower case", value.upper()
    if "." in value:
        try:
            yield "names in the DNS have no accents", value.lower().encode("idna").decode()
        except UnicodeError:
            return
    else:
        letters = unicodedata.normalize("NFKD", value.lower())
        yield "it has accents", "".join(letter for letter in letters if not unicodedata.combining(letter))


@dataclass(frozen=True)
class Unit:
    """What a number counts; for documents alone."""

    name: str


# What stands in each PEM text of one.
PRIVATE_KEY = "PRIVATE KEY"
# A secret in an address would stand in clear in Pulumi.yaml, in the preview, and on servers.
CREDENTIALS = re.compile(
    r"//[^/?#]*@|[?&;#](?=[^=&]*(key|token|secret|pass|pwd|credential|signature|sig|auth|jwt|licen[cs]e)[^=&]*=)"
    r"[^=&]*=[^&]",
    re.IGNORECASE,
)


def _without_credentials(value: object) -> object:
    """Before its format is looked at, whose refusal shows the value."""
    if isinstance(value, str) and any(CREDENTIALS.search(text) for text in (value, urllib.parse.unquote(value))):
        allowed = "must hold no user, password, key or token: it stands in clear on servers and in previews"
        raise refused("credentials", allowed)
    return value


def parse_time(text: str) -> datetime:
    """The moment that a text of `TIME_FORMAT` names.

    Raises:
        ValueError: it names none.
    """
    return datetime.strptime(text, TIME_FORMAT).replace(tzinfo=UTC)


def _time(value: str) -> str:
    try:
        parse_time(value)
    except ValueError:
        raise refused("format", "must be a time in UTC such as 2026-11-24T02:00Z") from None
    return value


def _whole_key(value: str) -> str:
    """A paste that lost its end looks like a key, and lets nobody in."""
    try:
        load_ssh_public_key(value.encode())
    except (ValueError, UnsupportedAlgorithm):
        allowed = "is no whole key of its type: copy all of the line of the .pub file again"
        raise refused("format", allowed) from None
    return value


# YAML takes 0123 for 83, "yes" for true and "12" for text: a number is a number, a switch a switch.
Whole = Annotated[int, Strict()]
Switch = Annotated[bool, Strict()]
Megabytes = Annotated[Whole, Unit("MB"), Field(ge=64)]
Percent = Annotated[Whole, Unit("%"), Field(ge=1, le=99)]
Times = Annotated[Whole, Unit("times"), Field(ge=1, le=100)]
Port = Annotated[Whole, Unit("port"), Field(ge=1, le=65535)]
# 802.1Q; OVH's vRack takes 1 to 4000 for Public Cloud networks.
Vlan = Annotated[Whole, Unit("VLAN"), Field(ge=1, le=4000)]

VlanRange = Annotated[str, Text(r"[1-9][0-9]{0,3}-[1-9][0-9]{0,3}", "VLANs from one to another, such as 3000-3099")]
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# RFC 1123 host names, with at least two labels: a certificate is asked for it.
Fqdn = Annotated[
    str, Text(rf"(?=.{{4,253}}$)({_LABEL}\.)+[a-z][a-z0-9-]*[a-z0-9]", "a domain name such as meeting.example.com")
]
# A part of server names, which are host names: 63 characters in all.
EnvironmentName = Annotated[
    str, Text(r"[a-z][a-z0-9-]{0,19}", "a short name of a-z, 0-9 and -, such as production or pr-42")
]
SiteName = Annotated[str, Text(r"[a-z][a-z0-9]{1,11}", "a short name of a-z and 0-9, such as gra or sbg")]
# An id of Keystone's; which of them are OVHcloud's say the settings of regions.
RegionName = Annotated[
    str, Text(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}", "a region as `openstack region list` prints it, such as GRA11")
]
# Nova's, such as eu-west-par-a.
ZoneName = Annotated[
    str, Text(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}", "a zone as `openstack availability zone list --compute` prints it")
]
FlavorName = Annotated[
    str, Text(r"[A-Za-z0-9][A-Za-z0-9._-]*", "a flavor's name, such as b3-8; see `openstack flavor list`")
]
Uuid = Annotated[str, Text(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "an id as OpenStack prints it (a UUID)")]
Sha256 = Annotated[str, Text(r"[0-9a-f]{64}", "64 hexadecimal digits, as sha256sum prints them")]
_PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
# What podman takes for a registry, and not for the beginning of a short name: it has a dot or a port, or is localhost.
_REGISTRY = rf"localhost|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:{_PORT})?|[A-Za-z0-9-]+:{_PORT}"
# A part of an image's name, and its tag, as registries take them (distribution's grammar of references).
_IMAGE_PART = r"[a-z0-9]+((\.|__?|-+)[a-z0-9]+)*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
ImageByDigest = Annotated[
    str,
    Text(
        rf"({_REGISTRY})(/{_IMAGE_PART})+(:{_TAG})?@sha256:[0-9a-f]{{64}}",
        "an image with its registry and its digest: registry/name@sha256:<64 digits>",
    ),
]
# ISO 3166-1, as GeoIP2 databases have it.
CountryCode = Annotated[str, Text(r"[A-Z]{2}", "a country's code of two letters, such as DE")]
# RFC 3986: what is not among its characters is written with %.
URL = rf"https?://([A-Za-z0-9._~%-]+|\[[0-9A-Fa-f:.]+\])(:{_PORT})?([/?#][A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]*)?"
Url = Annotated[str, Text(URL, "an http:// or https:// address, other characters than RFC 3986's as %XX")]
# An address that stands in clear wherever it is used.
PlainUrl = Annotated[Url, BeforeValidator(_without_credentials)]
HostAndPort = Annotated[
    str, Text(rf"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*:{_PORT}", "a host and a port, such as smtp.example.com:587")
]
# Of RFC 5321's those that Caddy's files, Alertmanager's and a zone's all take as they are.
Email = Annotated[
    str, Text(r"[A-Za-z0-9._%+=-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "a mail address, such as admin@example.com")
]
AbsolutePath = Annotated[
    str, Text(r"(/(?!\.\.?(/|$))[A-Za-z0-9._-]+)+/?", "an absolute path without . and .., such as /srv/config")
]
# What neither Caddy's files nor HAProxy's take for anything of their own.
UriPath = Annotated[str, Text(r"/[A-Za-z0-9._~/?&=,:@%+-]*", "a path such as /health, of a-z, 0-9 and ._~/?&=,:@%+-")]
# What OpenStack calls its things; a space at an end is one that nobody sees.
ResourceName = Annotated[
    str, Text(r"[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]{0,253}[^\s\x00-\x1f\x7f])?", "a name without spaces around it")
]
PagePath = Annotated[str, Text(r"/[a-z0-9][a-z0-9-]{0,62}", "a path of one part, of a-z, 0-9 and -, such as /status")]
Pem = Annotated[
    str,
    Text(
        r"\s*(-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\s]+\n-----END CERTIFICATE-----\s*)+",
        "certificates in PEM, -----BEGIN CERTIFICATE----- and all",
    ),
]
Expiry = Annotated[str, AfterValidator(_time)]
SshPublicKey = Annotated[
    str,
    BeforeValidator(lambda value: value.strip() if isinstance(value, str) else value),
    Text(
        r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp[0-9]{3}|sk-\S+) [A-Za-z0-9+/=]+( .*)?",
        "an OpenSSH public key, as in ~/.ssh/id_ed25519.pub",
    ),
    AfterValidator(_whole_key),
]
Cidr = Annotated[IPv4Network, BeforeValidator(ipv4_network), WithJsonSchema({"type": "string"})]
# Of a network that is made, not of one that somebody comes from.
PlannedCidr = Annotated[IPv4Network, BeforeValidator(planned_network), WithJsonSchema({"type": "string"})]
Address = Annotated[IPv4Address, BeforeValidator(ipv4_address), WithJsonSchema({"type": "string"})]

SiteRole = Literal["primary", "secondary", "witness"]
PublicAddress = Literal["floating-ip", "external-port"]
