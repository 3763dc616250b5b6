"""IPv4 networks and addresses, as an operator writes them; what is none is refused by the kind of mistake."""

import re
from functools import partial
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Network

from settings.refused import refused

_refused = partial(refused, "network")
_ADDRESS = r"[0-9]+(\.[0-9]+){3}"
LOOPBACK = IPv4Network("127.0.0.0/8")
# Of IANA's registry of special-purpose addresses those that no other machine is reached at, with what they are.
NOBODYS = {
    IPv4Network("0.0.0.0/8"): '"this network"',
    LOOPBACK: "each machine's own",
    IPv4Network("169.254.0.0/16"): "link-local, and the cloud's metadata service",
    IPv4Network("224.0.0.0/4"): "multicast",
    IPv4Network("240.0.0.0/4"): "reserved",
}


def ipv4_network(value: object) -> IPv4Network:
    """A network such as 10.17.0.0/22, or one address.

    Raises:
        PydanticCustomError: in words that say what to write.
    """
    if isinstance(value, IPv4Network):
        return value
    text = _text(value, "network", "10.17.0.0/22")
    address, _, prefix = text.partition("/")
    own = _address(text, address, "network", "10.17.0.0/22")
    if "/" in text and not (re.fullmatch(r"0|[1-9][0-9]?", prefix) and int(prefix) <= own.max_prefixlen):
        raise refused(
            "network", f"must have its length behind the slash, 0 to {own.max_prefixlen}, such as 10.17.0.0/22"
        )
    network = IPv4Network(text, strict=False)
    if network.network_address != own:
        raise refused(
            "network", f"{text} has host bits: write {network}, or {own}/{own.max_prefixlen} for the one address"
        )
    return _somebodys(network)


def planned_network(value: object) -> IPv4Network:
    """A network that is made: it holds no addresses that mean something else to each machine.

    Raises:
        PydanticCustomError: in words that say what to write.
    """
    network = ipv4_network(value)
    for nobodys, what in NOBODYS.items():
        if nobodys.subnet_of(network):
            raise _refused(f"holds {nobodys}, which is {what}")
    return network


def ipv4_address(value: object) -> IPv4Address:
    """An address such as 213.186.33.99.

    Raises:
        PydanticCustomError: in words that say what to write.
    """
    if isinstance(value, IPv4Address):
        return value
    text = _text(value, "address", "213.186.33.99")
    if "/" in text:
        raise _refused(f"names a network: write one address, such as {text.partition('/')[0]}")
    address = _address(text, text, "address", "213.186.33.99")
    _somebodys(IPv4Network(address))
    return address


def _somebodys(network: IPv4Network) -> IPv4Network:
    for nobodys, what in NOBODYS.items():
        if network.subnet_of(nobodys):
            raise _refused(f"lies in {nobodys}, which is {what}")
    return network


def _text(value: object, kind: str, example: str) -> str:
    if not isinstance(value, str):
        raise _refused(f"must be an IPv4 {kind} in text, such as {example}")
    if _is_ipv6(value):
        raise _refused(f"IPv6 is not supported here: name an IPv4 {kind}, such as {example}")
    return value


def _address(whole: str, text: str, kind: str, example: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except AddressValueError:
        plain = ".".join(part.lstrip("0") or "0" for part in text.split("."))
        if re.fullmatch(_ADDRESS, text) and _is_ipv4(plain):
            written = whole.replace(text, plain, 1)
            raise _refused(f"has leading zeros, which some read as octal: write {written}") from None
        raise _refused(f"must be an IPv4 {kind}, such as {example}") from None


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Network(text, strict=False)
    except ValueError:
        return False
    return True
