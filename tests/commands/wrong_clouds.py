"""Clouds, names, buckets and machines on which a first deployment would fail, each with the one line that says so."""

from collections.abc import Callable
from typing import NamedTuple

from tests.commands.ground import DOMAIN, Ground


class Wrong(NamedTuple):
    """What is wrong, and the beginning of the line that names it."""

    make: Callable[[Ground], object]
    line: str


def _image(ground: Ground) -> None:
    """An id that was looked up once, of an image that has been made anew under its name."""
    ground.edit("gra", "    name: Debian 12", "    id: 11111111-2222-3333-4444-555555555555\n    name: Debian 12")


def _queued(ground: Ground) -> None:
    uuid = "11111111-2222-3333-4444-555555555555"
    _image(ground)
    ground.gra.held["images"].append({"id": uuid, "name": "Debian 12 - deprecated", "status": "deactivated"})


def _network(ground: Ground, **fields: object) -> None:
    ground.gra.held["networks"].append({"id": "other", "name": "other", "description": "", **fields})


def clash(cidr: str, description: str = "") -> Callable[[Ground], object]:
    """A network with these addresses, of nobody or of whom the description says."""

    def change(ground: Ground) -> None:
        _network(ground, description=description)
        ground.gra.held["subnets"] = [{"id": "s", "network_id": "other", "cidr": cidr, "ip_version": 4}]

    return change


def _zone(ground: Ground, zone: str) -> None:
    ground.edit("", "        edge: #", f"        dns: {{ zone: {zone} }}\n        edge: #")


def _delegated(ground: Ground) -> None:
    _zone(ground, "ha.organisation.fr")
    ground.names.records["ha.organisation.fr", "NS"] = ["ns1.elsewhere.net."]


def _file(ground: Ground, text: str, mode: int, place: str = "home") -> None:
    file = (ground.directory if place == "repository" else ground.directory.parent / "home") / "secret"
    file.write_text(text)
    file.chmod(mode)
    ground.variables["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(file)


def _without(held: str, name: str) -> Callable[[Ground], object]:
    def change(ground: Ground) -> None:
        key = "alias" if held == "extensions" else "name"
        ground.gra.held[held] = [one for one in ground.gra.held[held] if one[key] != name]

    return change


def _gateway(size: str) -> Callable[[Ground], object]:
    return lambda ground: ground.edit("gra", "gateway: s #", f"gateway: {size} #")


def _all(*changes: Callable[[Ground], object]) -> Callable[[Ground], object]:
    return lambda ground: [change(ground) for change in changes]


def _url(ground: Ground, before: str, after: str) -> None:
    ground.variables["PULUMI_BACKEND_URL"] = ground.bucket.url.replace(before, after)


def _gone(*names: str) -> Callable[[Ground], object]:
    return lambda ground: [ground.variables.pop(name) for name in names]


def _given(**variables: str) -> Callable[[Ground], object]:
    return lambda ground: ground.variables.update(variables)


def _records(name: str, kind: str, *texts: str) -> Callable[[Ground], object]:
    return lambda ground: ground.names.records.update({(name, kind): list(texts)})


def _limit(name: str, value: int) -> Callable[[Ground], object]:
    return lambda ground: ground.gra.limits.update({name: value})


def _quota(name: str, value: int) -> Callable[[Ground], object]:
    return lambda ground: ground.gra.quotas.update({name: value})


WRONG = {
    # Credentials
    "no-credentials": Wrong(_gone("OS_AUTH_URL"), "credentials: there are no credentials"),
    "password": Wrong(lambda g: setattr(g.cloud, "password", "another"), "credentials: Keystone refuses the user"),
    "keystone-away": Wrong(lambda g: setattr(g.cloud.keystone, "away", "reset"), "credentials: no token from http"),
    "keystone-busy": Wrong(
        lambda g: setattr(g.cloud.keystone, "away", "429 and no more"), "credentials: no token from http"
    ),
    "no-project": Wrong(lambda g: setattr(g.cloud, "scoped", False), "credentials: the token is for no project"),
    "reader": Wrong(lambda g: setattr(g.cloud, "roles", ["reader"]), "credentials: the user may only read"),
    "half-roles": Wrong(
        lambda g: setattr(g.cloud, "roles", ["compute_operator", "network_operator", "image_operator"]),
        "credentials: of the roles that the stacks need the user lacks network_security_operator",
    ),
    "region-name": Wrong(_given(OS_REGION_NAME="BHS5"), "credentials: OS_REGION_NAME is BHS5"),
    # Regions
    "region-inactive": Wrong(
        lambda g: g.gra.hidden.update(("compute", "image", "network")), "stack gra: region = GRA11: the"
    ),
    "region-of-storage": Wrong(
        lambda g: g.edit("gra", "multiparty-meeting:region: GRA11", "multiparty-meeting:region: GRA"),
        "stack gra: region = 'GRA': ",
    ),
    "region-no-network": Wrong(
        lambda g: g.gra.hidden.add("network"), "stack gra: region = GRA11: has no network service"
    ),
    # Quota
    "instances": Wrong(_limit("maxTotalInstances", 9), "GRA11: quota of servers: 3 more are needed, 2 of 9 are free"),
    "cores": Wrong(_limit("maxTotalCores", 11), "GRA11: quota of vCores: 5 more are needed, 4 of 11"),
    "memory": Wrong(_limit("maxTotalRAMSize", 14006), "GRA11: quota of MB of memory: 14000 more are needed, 13999 of"),
    "server-groups": Wrong(_limit("maxServerGroups", 0), "GRA11: quota of server groups: 1 more are needed, 0 of 0"),
    "members": Wrong(_limit("maxServerGroupMembers", 0), "GRA11: quota of members of a server group: 0, and site gra"),
    "floating-ips": Wrong(_quota("floatingip", 11), "GRA11: quota of floating IPs: 2 more are needed, 1 of 11"),
    "routers": Wrong(_quota("router", 10), "GRA11: quota of routers: 1 more are needed, 0 of 10"),
    "networks": Wrong(_quota("network", 11), "GRA11: quota of networks: 2 more are needed, 1 of 11"),
    "subnets": Wrong(_quota("subnet", 11), "GRA11: quota of subnets: 2 more are needed, 1 of 11"),
    "ports": Wrong(_quota("port", 17), "GRA11: quota of ports: 8 more are needed, 7 of 17"),
    "groups": Wrong(_quota("security_group", 15), "GRA11: quota of security groups: 6 more are needed, 5 of 15"),
    "rules": Wrong(_quota("security_group_rule", 30), "GRA11: quota of rules of security groups:"),
    # Servers
    "flavor": Wrong(
        _without("flavors", "d2-4"), "GRA11: flavors.edge = d2-4: no such flavor: `openstack flavor list` has d2-2"
    ),
    "image-name": Wrong(_without("images", "Debian 12"), "GRA11: image.name = 'Debian 12': no active image"),
    "image-twice": Wrong(
        lambda g: g.gra.held["images"].append({"id": "b", "name": "Debian 12", "status": "active"}),
        "GRA11: image.name = 'Debian 12': 2 active images",
    ),
    "image-gone": Wrong(_image, "GRA11: image.id = 11111111-2222-3333-4444-555555555555: is gone"),
    "image-off": Wrong(_queued, "GRA11: image.id = 11111111-2222-3333-4444-555555555555: the image is deactivated"),
    "zone-name": Wrong(
        lambda g: g.edit(
            "gra",
            "  multiparty-meeting:flavors:",
            "  multiparty-meeting:availability_zones: [b]\n  multiparty-meeting:flavors:",
        ),
        "GRA11: availability_zones: no b",
    ),
    # Networks
    "ext-net": Wrong(_without("networks", "Ext-Net"), "GRA11: external_network = Ext-Net: no such network"),
    "ext-net-inner": Wrong(
        lambda g: g.gra.held["networks"][0].update({"router:external": False}),
        "GRA11: external_network = Ext-Net: is not external",
    ),
    "vrack": Wrong(_without("extensions", "provider"), "GRA11: networks take no provider attributes here"),
    "vlan": Wrong(
        lambda g: _network(g, **{"provider:network_type": "vrack", "provider:segmentation_id": 1702}),
        "GRA11: backbone.vlan = 1702: network other has it already",
    ),
    "cidr": Wrong(clash("10.17.2.0/24"), "GRA11: backbone.cidr = 10.17.0.0/22: network other has 10.17.2.0/24"),
    # Another site's, too: each region chooses the VLANs of local networks by itself.
    "local-cidr": Wrong(
        clash("192.168.65.0/25"), "GRA11: local_cidr = 192.168.64.0/22: network other has 192.168.65.0/25"
    ),
    "qos": Wrong(_without("extensions", "qos"), "GRA11: gateway = s: Neutron has no QoS policies here"),
    "small": Wrong(_without("policies", "small_router"), "GRA11: gateway = s: no QoS policy small_router"),
    "policy": Wrong(
        _all(_gateway("xl"), _without("policies", "XL_router")), "GRA11: gateway = xl: no QoS policy XL_router"
    ),
    # The DNS and mail
    "domain": Wrong(
        lambda g: [
            g.names.records.pop(("organisation.fr", "SOA")),
            g.names.records.update({("fr", "SOA"): ["a. b. 1 2 3 4 5"]}),
        ],
        f"DNS: domain = {DOMAIN}: no zone holds it",
    ),
    "dnssec": Wrong(
        lambda g: g.names.broken.add(DOMAIN), f"DNS: domain = {DOMAIN}: no nameserver gives an answer (SERVFAIL)"
    ),
    "caa": Wrong(
        _records("organisation.fr", "CAA", '0 issue "other-authority.net"'),
        f"DNS: CAA of {DOMAIN} lets other-authority.net give out certificates",
    ),
    "aaaa": Wrong(_records(DOMAIN, "AAAA", "2001:db8::1"), f"DNS: {DOMAIN} has an AAAA record"),
    "zone": Wrong(
        lambda g: _zone(g, "ha.elsewhere.net"), "DNS: dns.zone = ha.elsewhere.net: no zone holds elsewhere.net"
    ),
    "delegated": Wrong(_delegated, "DNS: dns.zone = ha.organisation.fr: is delegated to ns1.elsewhere.net"),
    "mail-domain": Wrong(
        lambda g: g.edit("", "admin@organisation.fr", "admin@nowhere.fr"),
        "mail: edge.certificate.email = admin@nowhere.fr: there is no nowhere.fr",
    ),
    "mail-mx": Wrong(
        lambda g: g.names.records.pop(("organisation.fr", "MX")),
        "mail: edge.certificate.email = admin@organisation.fr: nobody takes mail for organisation.fr",
    ),
    "mail-null": Wrong(
        _records("organisation.fr", "MX", "0 ."),
        "mail: edge.certificate.email = admin@organisation.fr: organisation.fr says that it takes no mail",
    ),
    # The meeting server
    "digest": Wrong(lambda g: g.registry.images.clear(), "meeting server: meeting.delivery.image = 127.0.0.1:"),
    "login": Wrong(
        lambda g: setattr(g.registry, "access", "login"), "meeting server: meeting.delivery.image = 127.0.0.1:"
    ),
    # The state
    "state-nowhere": Wrong(_gone("PULUMI_BACKEND_URL"), "state: Pulumi is logged in nowhere"),
    "state-here": Wrong(_given(PULUMI_BACKEND_URL="file://~"), "state: file://~ is on this machine"),
    "state-keys": Wrong(
        _gone("AWS_SECRET_ACCESS_KEY"), "state: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both"
    ),
    "state-refused": Wrong(lambda g: setattr(g.bucket, "status", 403), "state: bucket state at http://127.0.0.1:"),
    "state-bucket": Wrong(lambda g: setattr(g.bucket, "status", 404), "state: bucket state at http://127.0.0.1:"),
    "state-versions": Wrong(
        lambda g: setattr(g.bucket, "versioning", "Suspended"), "state: bucket state keeps no versions"
    ),
    "state-site": Wrong(lambda g: _url(g, "waw", "gra"), "state: bucket state is in gra, and site gra in GRA11"),
    "state-witness": Wrong(lambda g: _url(g, "waw", "de"), "state: bucket state is in de, and site witness in DE1"),
    "state-rbx": Wrong(lambda g: _url(g, "waw", "rbx"), "state: bucket state is in rbx, and site gra in GRA11"),
    "state-endpoint": Wrong(
        _given(PULUMI_BACKEND_URL="s3://state?endpoint=http://127.0.0.1:1&region=waw"),
        "state: 127.0.0.1 does not answer",
    ),
    "state-url": Wrong(_given(PULUMI_BACKEND_URL="s3://state"), "state: s3://state names no endpoint and no region"),
    # The passphrase and the tools
    "passphrase": Wrong(
        _gone("PULUMI_CONFIG_PASSPHRASE_FILE"), "passphrase: neither PULUMI_CONFIG_PASSPHRASE_FILE nor"
    ),
    "passphrase-gone": Wrong(
        _given(PULUMI_CONFIG_PASSPHRASE_FILE="/nothing/there"),
        "passphrase: PULUMI_CONFIG_PASSPHRASE_FILE = /nothing/there: there is no such file",
    ),
    "passphrase-empty": Wrong(lambda g: _file(g, "\n", 0o600), "passphrase: PULUMI_CONFIG_PASSPHRASE_FILE ="),
    "passphrase-read": Wrong(lambda g: _file(g, "x", 0o644), "passphrase: PULUMI_CONFIG_PASSPHRASE_FILE ="),
    "passphrase-here": Wrong(
        lambda g: _file(g, "x", 0o600, "repository"), "passphrase: PULUMI_CONFIG_PASSPHRASE_FILE ="
    ),
    "pulumi": Wrong(lambda g: g.program("pulumi", ""), "tools: there is no pulumi"),
    "pulumi-old": Wrong(lambda g: g.program("pulumi", "v3.200.1"), "tools: pulumi v3.200.1 is too old"),
    "agent": Wrong(
        lambda g: g.program("ssh-add", "The agent has no identities."), "tools: the SSH agent has not the key"
    ),
    # The files
    "secret": Wrong(
        lambda g: g.edit("", "        edge: #", "        monitoring: { webhook: true }\n        edge: #"),
        "stack witness: alert_webhook_url: is needed: ",
    ),
}
# What tells apart those that begin with a path or an address of the test's own.
ENDS = {
    "keystone-busy": "HTTP 429",
    "digest": "has no meeting of sha256:",
    "login": "to nobody without a login: set meeting.delivery.registry_user",
    "state-refused": "the keys are refused (SignatureDoesNotMatch)",
    "state-bucket": "there is none of that name: make state-bucket",
    "passphrase-empty": "is empty",
    "passphrase-read": "others on this machine may read it: chmod 600",
    "passphrase-here": "is in the repository",
}
