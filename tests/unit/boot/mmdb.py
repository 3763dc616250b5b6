"""A GeoIP2 database of a few networks, written as MaxMind's file format 2.0 says: no real one may be shipped."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import TypeAlias

Value: TypeAlias = "str | Mapping[str, Value]"
_UTF8, _UINT16, _UINT32, _MAP, _UINT64, _ARRAY = 2, 5, 6, 7, 9, 11
_SEPARATOR = bytes(16)
_MARK = b"\xab\xcd\xefMaxMind.com"


def database(networks: Mapping[str, tuple[str, str]]) -> bytes:
    """The file: continent and country by network."""
    nodes: list[list[int | None]] = [[None, None]]
    data = b""
    leaves: list[tuple[int, int, int]] = []
    for network, (continent, country) in networks.items():
        cidr = IPv4Network(network)
        bits = f"{int(cidr.network_address):032b}"[: cidr.prefixlen]
        node = 0
        for bit in map(int, bits[:-1]):
            inner = nodes[node][bit]
            if inner is None:
                nodes.append([None, None])
                inner = nodes[node][bit] = len(nodes) - 1
            node = inner
        leaves.append((node, int(bits[-1]), len(data)))
        data += _encoded({"continent": {"code": continent}, "country": {"iso_code": country}})
    count = len(nodes)
    for node, bit, offset in leaves:
        nodes[node][bit] = count + len(_SEPARATOR) + offset
    tree = b"".join((count if side is None else side).to_bytes(4) for sides in nodes for side in sides)
    return tree + _SEPARATOR + data + _MARK + _metadata(count)


def _metadata(nodes: int) -> bytes:
    """What a reader insists on, each number in the width that it expects."""
    entries = {
        "binary_format_major_version": _number(_UINT16, 2, 2),
        "binary_format_minor_version": _number(_UINT16, 0, 2),
        "build_epoch": _number(_UINT64, 1, 8),
        "database_type": _encoded("GeoIP2-Country"),
        "description": _encoded({"en": "of the tests"}),
        "ip_version": _number(_UINT16, 4, 2),
        "languages": _head(_ARRAY, 1) + _encoded("en"),
        "node_count": _number(_UINT32, nodes, 4),
        "record_size": _number(_UINT16, 32, 2),
    }
    return _head(_MAP, len(entries)) + b"".join(_encoded(key) + value for key, value in entries.items())


def _encoded(value: Value) -> bytes:
    if isinstance(value, str):
        return _head(_UTF8, len(value)) + value.encode()
    return _head(_MAP, len(value)) + b"".join(_encoded(key) + _encoded(entry) for key, entry in value.items())


def _number(kind: int, value: int, width: int) -> bytes:
    return _head(kind, width) + value.to_bytes(width)


def _head(kind: int, size: int) -> bytes:
    """Kind and size; kinds above 7 stand in a second byte."""
    return bytes([kind << 5 | size]) if kind <= _MAP else bytes([size, kind - _MAP])
