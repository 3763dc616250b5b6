"""The certificates that this program makes itself: the fleet's, and those of a private authority for test ground."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# Between the edges and the instances only, and pinned: nothing else trusts it, so its age is the operator's choice.
FLEET_DAYS = 3650
# A common name is no longer (X.520, ub-common-name); a name in the DNS may be.
_CN_LENGTH = 64


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, PEM."""

    certificate: str
    key: str


def self_signed(name: str, days: int = FLEET_DAYS) -> Pair:
    """A certificate that signs itself, to be pinned; beside others of the name while they are rotated."""
    key = ec.generate_private_key(ec.SECP256R1())
    # OpenSSL looks a pinned certificate up by its subject, and takes the first: no two may have the same.
    number = x509.NameAttribute(NameOID.SERIAL_NUMBER, f"{x509.random_serial_number():x}")
    subject = x509.Name([*_common_name(name), number])
    return _pair(_builder(subject, subject, key.public_key(), days, host=name).sign(key, hashes.SHA256()), key)


def authority(name: str, days: int = 30) -> Pair:
    """A private certificate authority; of a long name the beginning."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _common_name(name[:_CN_LENGTH])
    return _pair(_builder(subject, subject, key.public_key(), days).sign(key, hashes.SHA256()), key)


def issued(ca: Pair, name: str, days: int = 30) -> Pair:
    """A server certificate for `name` from a private authority."""
    issuer_key = x509_key(ca.key)
    issuer = x509.load_pem_x509_certificate(ca.certificate.encode()).subject
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _common_name(name) if len(name) <= _CN_LENGTH else x509.Name([])
    builder = _builder(subject, issuer, key.public_key(), days, host=name)
    return _pair(builder.sign(issuer_key, hashes.SHA256()), key)


def edge_secrets(authority_name: str, domain: str) -> tuple[str, dict[str, str]]:
    """What stacks hold of a certificate for the edges by a private authority, and that authority's own certificate."""
    ca = authority(authority_name)
    pair = issued(ca, domain)
    return ca.certificate, {"edge_certificate": pair.certificate, "edge_key": pair.key}


def x509_key(pem: str) -> ec.EllipticCurvePrivateKey:
    """The private key in a PEM text.

    Raises:
        TypeError: the key is of another kind.
    """
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - used here only

    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"an elliptic-curve key is needed, not {type(key).__name__}")
    return key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int, *, host: str | None = None
) -> x509.CertificateBuilder:
    """For a host's certificate; without a host, for an authority's."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
    )
    if host is None:
        return builder
    # RFC 5280, 4.2.1.6: without a subject the alternative name is the certificate's only one, and critical.
    return builder.add_extension(
        x509.SubjectAlternativeName([x509.DNSName(host)]), critical=not list(subject)
    ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    return Pair(
        certificate.public_bytes(Encoding.PEM).decode(),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    )
