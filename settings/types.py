"""Domain types: each says once what a value may look like, in words that an operator reads in the error."""

import re
from collections.abc import Callable
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

# RFC 3339 without seconds, in UTC: it stands in labels, whose values hold no spaces.
TIME_FORMAT = "%Y-%m-%dT%H:%MZ"
# Seconds: HAProxy's timers are 31 bits of milliseconds (its manual, section 2.5).
LONGEST = 576 * 3600


def _matching(pattern: str, allowed: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise PydanticCustomError("format", "{allowed}", {"allowed": f"must be {allowed}"})
        return value

    return check


def seconds(duration: str) -> float:
    """A `Duration` in seconds."""
    number, unit = re.fullmatch(r"([0-9]+)(ms|s|m|h)", duration).groups()  # type: ignore[union-attr] # its pattern
    return int(number) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[unit]


def above_zero(otherwise: str) -> AfterValidator:
    """For a duration that a daemon does not take for what it says when it is 0; `otherwise` is what it takes it for."""

    def check(value: str) -> str:
        if not seconds(value):
            raise PydanticCustomError("format", "{allowed}", {"allowed": f"must be above 0: {otherwise}"})
        return value

    return AfterValidator(check)


def _bounded(value: str) -> str:
    if seconds(value) > LONGEST:
        raise PydanticCustomError("format", "must be 576h at most: HAProxy counts no further than 24 days")
    return value


def _time(value: str) -> str:
    try:
        datetime.strptime(value, TIME_FORMAT)
    except ValueError:
        raise PydanticCustomError("format", "must be a time in UTC such as 2026-11-24T02:00Z") from None
    return value


def _public_key(value: str) -> str:
    return _matching(
        r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d{3}|sk-\S+) [A-Za-z0-9+/=]+( .*)?",
        "an OpenSSH public key, as in ~/.ssh/id_ed25519.pub",
    )(value.strip())


_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"

# RFC 1123 host names, with at least two labels: a certificate is asked for it.
Fqdn = Annotated[
    str,
    AfterValidator(
        _matching(rf"(?=.{{4,253}}$)({_LABEL}\.)+[a-z][a-z0-9-]*[a-z0-9]", "a domain name such as meeting.example.com")
    ),
]
# A part of server names, which are host names: 63 characters in all.
EnvironmentName = Annotated[
    str,
    AfterValidator(_matching(r"[a-z][a-z0-9-]{0,19}", "a short name of a-z, 0-9 and -, such as production or pr-42")),
]
SiteName = Annotated[
    str, AfterValidator(_matching(r"[a-z][a-z0-9]{1,11}", "a short name of a-z and 0-9, such as gra or sbg"))
]
# OVH's compute regions carry a number; bare GRA is its object storage (OVHcloud, Public Cloud regions).
RegionName = Annotated[
    str, AfterValidator(_matching(r"[A-Z][A-Z0-9-]*[0-9]", "a compute region with its number, such as GRA11 or SBG7"))
]
FlavorName = Annotated[
    str,
    AfterValidator(
        _matching(r"[A-Za-z0-9][A-Za-z0-9._-]*", "a flavor's name, such as b3-8; see `openstack flavor list`")
    ),
]
Uuid = Annotated[
    str,
    AfterValidator(_matching(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "an id as OpenStack prints it (a UUID)")),
]
Sha256 = Annotated[str, AfterValidator(_matching(r"[0-9a-f]{64}", "64 hexadecimal digits, as sha256sum prints them"))]
ImageByDigest = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[a-z0-9][a-z0-9./_:-]*@sha256:[0-9a-f]{64}", "an image with its digest: registry/name@sha256:<64 digits>"
        )
    ),
]
# ISO 3166-1, as GeoIP2 databases have it.
CountryCode = Annotated[str, AfterValidator(_matching(r"[A-Z]{2}", "a country's code of two letters, such as DE"))]
Url = Annotated[str, AfterValidator(_matching(r"https?://[^\s/]+(/\S*)?", "an http:// or https:// address"))]
HostAndPort = Annotated[
    str, AfterValidator(_matching(r"[A-Za-z0-9.-]+:[0-9]{1,5}", "a host and a port, such as smtp.example.com:587"))
]
Email = Annotated[str, AfterValidator(_matching(r"[^@\s]+@[^@\s]+\.[^@\s]+", "a mail address"))]
AbsolutePath = Annotated[str, AfterValidator(_matching(r"/[A-Za-z0-9._/-]+", "an absolute path"))]
PagePath = Annotated[
    str,
    AfterValidator(_matching(r"/[a-z0-9][a-z0-9-]{0,62}", "a path of one part, of a-z, 0-9 and -, such as /status")),
]
Pem = Annotated[
    str,
    AfterValidator(
        _matching(
            r"(?s)\s*(-----BEGIN CERTIFICATE-----\n.+?\n-----END CERTIFICATE-----\s*)+",
            "certificates in PEM, -----BEGIN CERTIFICATE----- and all",
        )
    ),
]
Expiry = Annotated[str, AfterValidator(_time)]
Duration = Annotated[
    str,
    AfterValidator(_matching(r"[0-9]+(ms|s|m|h)", "a duration such as 500ms, 10s or 5m")),
    AfterValidator(_bounded),
]
# Prometheus takes 0d for its own 15d.
Retention = Annotated[str, AfterValidator(_matching(r"0*[1-9][0-9]*[dw]", "days or weeks above 0, such as 15d"))]
SshPublicKey = Annotated[str, AfterValidator(_public_key)]

Port = Annotated[int, Field(ge=1, le=65535)]
# 802.1Q; OVH's vRack takes 1 to 4000 for Public Cloud networks.
Vlan = Annotated[int, Field(ge=1, le=4000)]
Cidr = Annotated[IPv4Network, WithJsonSchema({"type": "string"})]
Address = Annotated[IPv4Address, WithJsonSchema({"type": "string"})]

SiteRole = Literal["primary", "secondary", "witness"]
PublicAddress = Literal["floating-ip", "external-port"]
GatewaySize = Literal["s", "m", "l", "xl"]
