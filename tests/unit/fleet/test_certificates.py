"""The certificates that the program makes, judged by OpenSSL."""

import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from fleet.certificates import Pair, authority, issued, self_signed, x509_key
from settings.secrets import FLEET_NAME
from tests.unit.disk import program


def _write(pair: Pair, directory: Path, name: str) -> tuple[str, str]:
    certificate, key = directory / f"{name}.pem", directory / f"{name}.key"
    certificate.write_text(pair.certificate)
    key.write_text(pair.key)
    return str(certificate), str(key)


def _verify(ca: str, certificate: str, name: str) -> str:
    """What `openssl verify` says, as a client that looks for a server of that name."""
    openssl = program("openssl", "openssl")
    command = [openssl, "verify", "-purpose", "sslserver", "-verify_hostname", name, "-CAfile", ca, certificate]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    return (done.stdout + done.stderr).strip()


def test_the_fleets_pair_is_its_own_authority(tmp_path: Path) -> None:
    """OpenSSL accepts the certificate for the fleet's name when it is pinned, and for no other name."""
    certificate, _ = _write(self_signed(FLEET_NAME), tmp_path, "fleet")
    assert _verify(certificate, certificate, FLEET_NAME) == f"{certificate}: OK"
    assert "hostname mismatch" in _verify(certificate, certificate, "gra-instance").lower()
    stranger, _ = _write(self_signed(FLEET_NAME), tmp_path, "stranger")
    assert "OK" not in _verify(stranger, certificate, FLEET_NAME)


def test_a_private_authority_vouches_for_what_it_issued(tmp_path: Path) -> None:
    """For that name, and not for a certificate of its own making by another of the same name."""
    ca = authority("Test ground")
    root, _ = _write(ca, tmp_path, "ca")
    leaf, _ = _write(issued(ca, "meeting.organisation.fr"), tmp_path, "leaf")
    false_leaf, _ = _write(issued(authority("Test ground"), "meeting.organisation.fr"), tmp_path, "false")
    assert _verify(root, leaf, "meeting.organisation.fr") == f"{leaf}: OK"
    assert "OK" not in _verify(root, false_leaf, "meeting.organisation.fr")


@pytest.mark.parametrize("name", [FLEET_NAME, "gra-instance"])
def test_a_client_that_pins_the_pair_connects_to_its_name_only(name: str, tmp_path: Path) -> None:
    """A real handshake: certificate and key belong together, and the name is looked at."""
    certificate, key = _write(self_signed(FLEET_NAME), tmp_path, "fleet")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    client = ssl.create_default_context(cafile=certificate)
    ours, theirs = socket.socketpair()
    ours.settimeout(10)
    theirs.settimeout(10)

    def serve() -> None:
        try:
            server.wrap_socket(theirs, server_side=True).close()
        except ssl.SSLError:
            theirs.close()

    answering = threading.Thread(target=serve, daemon=True)
    answering.start()
    try:
        if name == FLEET_NAME:
            client.wrap_socket(ours, server_hostname=name).close()
        else:
            with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
                client.wrap_socket(ours, server_hostname=name)
    finally:
        ours.close()
        answering.join(timeout=10)
    assert not answering.is_alive()


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    """An operator's RSA key cannot sign for the private authority; the message says which kind it is."""
    file = tmp_path / "rsa.key"
    command = [program("openssl", "openssl"), "genrsa", "-out", str(file), "2048"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    with pytest.raises(TypeError, match="an elliptic-curve key is needed, not RSAPrivateKey"):
        x509_key(file.read_text())


def test_a_long_name_is_the_alternative_one_alone(tmp_path: Path) -> None:
    """A common name has 64 characters at most, a name in the DNS 253; of an authority's the beginning."""
    name = "pr-42.visioconference.dsi.communaute-agglomeration-exemple.gouv.fr"
    ca = authority(f"{name} authority")
    pinned, _ = _write(ca, tmp_path, "ca")
    certificate, _ = _write(issued(ca, name), tmp_path, "edge")
    assert _verify(pinned, certificate, name) == f"{certificate}: OK"
    assert "hostname mismatch" in _verify(pinned, certificate, name[1:]).lower()
