"""Three regions of an OpenStack behind one Keystone, by HTTP, of which one may be away in every way that one can be."""

import json
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from tests.unit.serving import serving

Away = Literal["refused", "reset", "hanging", "429", "503", "429 and no more"]
AWAY: tuple[Away, ...] = ("refused", "reset", "hanging", "429", "503")
PROJECT = "0123456789abcdef0123456789abcdef"
_PASSWORD = "keystone-password-of-the-tests"
_SERVICES = {"compute": "/v2.1", "network": "", "image": ""}
_QUOTA = {"limit": 100, "used": 10, "reserved": 0}
_NETWORK_QUOTAS = ("floatingip", "router", "network", "port", "security_group", "security_group_rule", "subnet")


@dataclass
class Region:
    """What a region has, by the last part of its collections' addresses; and how it is away."""

    name: str
    held: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    away: Away | None = None
    deleted: list[str] = field(default_factory=list)
    # What requests in a row are answered, before any that is.
    next: list[Away] = field(default_factory=list)
    asked: int = 0
    # Of the project; what is not named has plenty.
    limits: dict[str, int] = field(default_factory=dict)
    quotas: dict[str, int] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)


@dataclass
class Cloud:
    """A cloud that answers; `url` is Keystone's."""

    regions: Mapping[str, Region]
    url: str = ""
    ports: dict[tuple[str, str], int] = field(default_factory=dict)
    keystone: Region = field(default_factory=lambda: Region("keystone"))
    roles: list[str] = field(default_factory=lambda: ["member"])
    scoped: bool = True
    password: str = _PASSWORD
    # Requests that would have changed something, tokens aside.
    changes: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The credentials, as an operator has them in the environment."""
        return {
            "OS_AUTH_URL": self.url,
            "OS_USERNAME": "operator",
            "OS_PASSWORD": _PASSWORD,
            "OS_PROJECT_ID": PROJECT,
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_IDENTITY_API_VERSION": "3",
        }

    def token(self) -> dict[str, Any]:
        """Keystone's answer, with the catalogue."""
        catalogue = [
            {
                "type": service,
                "name": service,
                "id": service,
                "endpoints": [
                    {
                        "id": f"{service}-{name}",
                        "interface": "public",
                        "region": name,
                        "region_id": name,
                        "url": f"http://127.0.0.1:{self._port(service, name)}{path}",
                    }
                    for name, region in self.regions.items()
                    if service not in region.hidden
                ],
            }
            for service, path in _SERVICES.items()
        ]
        scope: dict[str, Any] = {
            "project": {"id": PROJECT, "name": "p", "domain": {"id": "default", "name": "Default"}},
            "roles": [{"id": role, "name": role} for role in self.roles],
            "catalog": catalogue,
        }
        return {
            "token": {
                "methods": ["password"],
                "expires_at": "2099-01-01T00:00:00.000000Z",
                "issued_at": "2026-01-01T00:00:00.000000Z",
                "user": {"id": "u", "name": "operator", "domain": {"id": "default", "name": "Default"}},
                **(scope if self.scoped else {}),
            }
        }

    def _port(self, service: str, region: str) -> int:
        # Nobody listens on port 1.
        return 1 if self.regions[region].away == "refused" else self.ports[service, region]


@contextmanager
def cloud(*names: str) -> Iterator[Cloud]:
    """A cloud of these regions."""
    found = Cloud({name: Region(name) for name in names})
    with ExitStack() as entered:
        for name, region in found.regions.items():
            for service in _SERVICES:
                found.ports[service, name] = entered.enter_context(_serving(found, region, service))
        found.url = f"http://127.0.0.1:{entered.enter_context(_serving(found, found.keystone, 'identity'))}/v3"
        yield found


@contextmanager
def _serving(of: Cloud, region: Region, service: str) -> Iterator[int]:
    class Handler(_Handler):
        found, where, kind = of, region, service

    with serving(server := _Server(("127.0.0.1", 0), Handler)):
        yield server.server_address[1]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # many commands at once, on a busy machine


class _Handler(BaseHTTPRequestHandler):
    found: Cloud
    where: Region
    kind: str
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Quiet."""

    def do_GET(self) -> None:
        """A collection, a member, or the versions of a service."""
        if self._present():
            self._answer(*self._got())

    def do_POST(self) -> None:
        """A token, or a server's console."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if not self._present():
            return
        if self.kind == "identity" and self.found.password not in body:
            self._answer(401, {"error": {"code": 401, "message": "The request you have made requires authentication."}})
        elif self.kind == "identity":
            self._answer(201, self.found.token(), {"X-Subject-Token": "a-token"})
        else:
            self.found.changes.append(f"POST {self.path}")
            shown = self.where.held.get("consoles", [{}])
            self._answer(200, {"output": (shown.pop(0) if len(shown) > 1 else shown[0]).get("output", "")} | {"": body})

    def do_PUT(self) -> None:
        """Takes a router's interface away."""
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        if self._present():
            held = self.where.held.get("ports", [])
            self.where.held["ports"] = [one for one in held if one["id"] != body["port_id"]]
            self.where.deleted.append(body["port_id"])
            self._answer(200, {})

    def do_DELETE(self) -> None:
        """Takes a member away."""
        if self._present():
            *_, collection, member = self.path.partition("?")[0].split("/")
            held = self.where.held.get(collection, [])
            self.where.held[collection] = [one for one in held if one["id"] != member]
            self.where.deleted.append(member)
            self._answer(204, None)

    def _present(self) -> bool:
        """Whether the region answers; if not, it does what it is away by."""
        self.where.asked += 1
        away = self.where.next.pop(0) if self.where.next else self.where.away
        match away:
            case None:
                return True
            case "reset" | "refused":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            case "hanging":
                time.sleep(600)
            case "429 and no more":
                self._answer(429, {"error": {"code": 429, "message": "Too many requests"}})
            case "429":
                self._answer(429, {"error": {"code": 429, "message": "Too many requests"}}, {"Retry-After": "1"})
            case "503":
                self._answer(503, "<html><h1>503 Service Unavailable</h1></html>")
        self.close_connection = True
        return False

    def _got(self) -> tuple[int, Any]:  # noqa: C901, PLR0911 - a table
        path, _, query = self.path.partition("?")
        parts = [part for part in path.split("/") if part]
        address = f"http://{self.headers['Host']}"
        match [self.kind, *parts]:
            case ["identity", *_]:
                return 200, {"version": _version("v3.14", f"{address}/v3")}
            case ["compute", "v2.1"]:
                return 200, {"version": _version("v2.1", f"{address}/v2.1/", version="2.90", min_version="2.1")}
            case ["compute", "v2.1", "limits"]:
                names = ("Instances", "Cores", "RAMSize")
                limits = {f"maxTotal{n}": 100000 for n in names} | {
                    f"total{n}Used".replace("Size", ""): 7 for n in names
                }
                limits |= {"maxServerGroups": 10, "totalServerGroupsUsed": 0, "maxServerGroupMembers": 10}
                return 200, {"limits": {"absolute": limits | self.where.limits, "rate": []}}
            case ["compute", "v2.1", "os-availability-zone"]:
                return 200, {"availabilityZoneInfo": self.where.held.get("zones", [])}
            case ["network"]:
                return 200, {"versions": [_version("v2.0", f"{address}/v2.0/")]}
            case ["network", "v2.0"]:
                return 200, {"resources": []}
            case ["network", "v2.0", "quotas", *_]:
                said = {kind: _QUOTA | {"limit": limit} for kind, limit in self.where.quotas.items()}
                return 200, {"quota": dict.fromkeys(_NETWORK_QUOTAS, _QUOTA) | said}
            case ["network", "v2.0", "qos", "policies"]:
                return 200, {"policies": self._matching("policies", query)}
            case ["image"]:
                return 200, {"versions": [_version("v2.16", f"{address}/v2/")]}
            case [_, _, collection] | ["compute", _, collection, "detail"]:
                key = collection.removeprefix("os-").replace("-", "_")
                return 200, {key: self._matching(collection, query)}
            case [_, _, collection, member]:
                one = next((one for one in self.where.held.get(collection, []) if one["id"] == member), None)
                return (200, {collection.removesuffix("s").replace("-", "_"): one}) if one else (404, {})
        return 404, {}

    def _matching(self, collection: str, query: str) -> list[dict[str, Any]]:
        wanted = [pair.partition("=")[::2] for pair in query.split("&") if pair]
        return [
            one
            for one in self.where.held.get(collection, [])
            if all(str(one[key]) == value.replace("+", " ").replace("%20", " ") for key, value in wanted if key in one)
        ]

    def _answer(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:  # noqa: ANN401 - JSON
        content = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _version(name: str, url: str, **more: str) -> dict[str, Any]:
    return {"id": name, "status": "CURRENT", "links": [{"rel": "self", "href": url}], **more}
