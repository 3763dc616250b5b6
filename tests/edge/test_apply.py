"""`multiparty-apply`: a bundle is judged by its daemon, swapped in and reloaded, or everything is as it was."""

from dataclasses import replace

from boot.edge.caddy import caddy_bundle
from boot.edge.haproxy import haproxy_bundle
from boot.edge.tls import tls
from boot.live import Bundle
from tests.edge.fleet import Edge, Fleet
from tests.edge.person import Person

CADDYFILE = "/etc/multiparty/caddy/Caddyfile"


def _text(edge: Edge, path: str) -> str:
    return edge.run("cat", path).stdout


def _listing(edge: Edge) -> list[str]:
    return edge.run("ls", "/etc/multiparty").stdout.split()


def _caddy_with(edge: Edge, more: str) -> Bundle:
    """The edge's own Caddyfile with something after its site's name."""
    bundle = caddy_bundle(edge.settings)
    text = bundle.files["Caddyfile"].replace(
        "meeting.organisation.fr {\n", f"meeting.organisation.fr {{\n\t{more}\n", 1
    )
    assert text != bundle.files["Caddyfile"]
    return replace(bundle, files={**bundle.files, "Caddyfile": text})


def test_a_good_bundle_is_taken_and_works(fleet: Fleet) -> None:
    """The daemon reloads: its process is the same, its configuration is the new one."""
    edge, person = fleet.edges["gra"], Person(fleet, "gra")
    before = _text(edge, "/run/caddy.pid")
    done = edge.take(_caddy_with(edge, "header X-Taken yes"))
    assert done.stdout == "caddy: Caddyfile, clients.nft\n"
    assert "X-Taken yes" in _text(edge, CADDYFILE)
    assert _text(edge, "/run/caddy.pid") == before
    assert person.get("/page")["status"] == 200
    assert _listing(edge) == ["boot.env", "caddy", "haproxy", "metadata-guard.nft", "ready.checks", "tls"]
    edge.take(caddy_bundle(edge.settings))


def test_a_bundle_that_the_daemon_refuses_changes_nothing(fleet: Fleet) -> None:
    """Its own message is what the operator reads."""
    edge = fleet.edges["gra"]
    before = _text(edge, CADDYFILE), _text(edge, "/etc/multiparty/haproxy/haproxy.cfg"), _listing(edge)
    bad = haproxy_bundle(edge.settings)
    refusals = {
        "unrecognized directive: hedaer": _caddy_with(edge, "hedaer X-Taken yes"),
        "unknown keyword 'balanec'": replace(
            bad, files={"haproxy.cfg": bad.files["haproxy.cfg"].replace("balance", "balanec")}
        ),
        "Could not read certificate": replace(tls(edge.settings), files={"fleet.pem": "no certificate\n"}),
    }
    for message, bundle in refusals.items():
        done = edge.take(bundle, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith(f"{bundle.name}: refused, nothing was changed\n")
        assert message in done.stderr, done.stderr
    after = _text(edge, CADDYFILE), _text(edge, "/etc/multiparty/haproxy/haproxy.cfg"), _listing(edge)
    assert after == before


def test_a_reload_that_fails_is_taken_back(fleet: Fleet) -> None:
    """An address that the host does not have is nothing that a check sees; the old configuration serves on."""
    edge, person = fleet.edges["gra"], Person(fleet, "gra")
    before = _text(edge, CADDYFILE), _listing(edge)
    done = edge.take(_caddy_with(edge, "bind 10.99.0.1"), check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("caddy: the daemon did not take it, the files are the old ones\n")
    assert "cannot assign requested address" in done.stderr
    assert (_text(edge, CADDYFILE), _listing(edge)) == before
    assert person.get("/page")["status"] == 200


def test_files_are_root_s_and_their_daemons_alone(fleet: Fleet) -> None:
    """Nobody else reads a key."""
    edge = fleet.edges["gra"]
    found = edge.run("sh", "-c", "cd /etc/multiparty; stat -c '%n %U:%G %a' tls tls/* caddy/* haproxy/*").stdout
    assert found.splitlines() == [
        "tls root:caddy 750",
        "tls/edge.key root:caddy 640",
        "tls/edge.pem root:caddy 640",
        "tls/fleet.pem root:caddy 640",
        "tls/peers.pem root:caddy 640",
        "caddy/Caddyfile root:caddy 640",
        "caddy/clients.nft root:caddy 640",
        "haproxy/haproxy.cfg root:haproxy 640",
    ]
