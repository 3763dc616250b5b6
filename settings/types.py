"""Domain types: each says once what a value may look like, in words that an operator reads in the error."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, Literal

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

from settings.networks import ipv4_address, ipv4_network
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
    r"//[^/?#]*@|[?&;#](?=[^=&]*(key|token|secret|passw|pwd|credential|signature|sig|auth)[^=&]*=)[^=&]*=[^&]",
    re.IGNORECASE,
)


def _without_credentials(value: str) -> str:
    if CREDENTIALS.search(value):
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
# What podman takes for a registry, and not for the beginning of a short name: it has a dot or a port, or is localhost.
_REGISTRY = r"localhost|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]+)?|[A-Za-z0-9-]+:[0-9]+"
ImageByDigest = Annotated[
    str,
    Text(
        rf"({_REGISTRY})/[a-z0-9][a-z0-9./_-]*(:[A-Za-z0-9_.-]+)?@sha256:[0-9a-f]{{64}}",
        "an image with its registry and its digest: registry/name@sha256:<64 digits>",
    ),
]
# ISO 3166-1, as GeoIP2 databases have it.
CountryCode = Annotated[str, Text(r"[A-Z]{2}", "a country's code of two letters, such as DE")]
Url = Annotated[str, Text(r"https?://[^\s/]+(/\S*)?", "an http:// or https:// address")]
# An address that stands in clear wherever it is used.
PlainUrl = Annotated[Url, AfterValidator(_without_credentials)]
HostAndPort = Annotated[str, Text(r"[A-Za-z0-9.-]+:[0-9]{1,5}", "a host and a port, such as smtp.example.com:587")]
Email = Annotated[str, Text(r"[^@\s]+@[^@\s]+\.[^@\s]+", "a mail address")]
AbsolutePath = Annotated[str, Text(r"/[A-Za-z0-9._/-]+", "an absolute path")]
UriPath = Annotated[str, Text(r"/\S*", "a path such as /health")]
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
]
Cidr = Annotated[IPv4Network, BeforeValidator(ipv4_network), WithJsonSchema({"type": "string"})]
Address = Annotated[IPv4Address, BeforeValidator(ipv4_address), WithJsonSchema({"type": "string"})]

SiteRole = Literal["primary", "secondary", "witness"]
PublicAddress = Literal["floating-ip", "external-port"]
