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


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, PEM."""

    certificate: str
    key: str


def self_signed(name: str, days: int = FLEET_DAYS) -> Pair:
    """A certificate that signs itself, to be pinned."""
    key = ec.generate_private_key(ec.SECP256R1())
    return _pair(_builder(name, name, key.public_key(), days).sign(key, hashes.SHA256()), key)


def authority(name: str, days: int = 30) -> Pair:
    """A private certificate authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, name, key.public_key(), days, ca=True)
    return _pair(builder.sign(key, hashes.SHA256()), key)


def issued(ca: Pair, name: str, days: int = 30) -> Pair:
    """A server certificate for `name` from a private authority."""
    issuer_key = x509_key(ca.key)
    issuer = x509.load_pem_x509_certificate(ca.certificate.encode()).subject
    key = ec.generate_private_key(ec.SECP256R1())
    common_name = str(issuer.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    return _pair(_builder(name, common_name, key.public_key(), days).sign(issuer_key, hashes.SHA256()), key)


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
    name: str, issuer: str, key: ec.EllipticCurvePublicKey, days: int, *, ca: bool = False
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if ca:
        return builder
    return builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
    )


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    return Pair(
        certificate.public_bytes(Encoding.PEM).decode(),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    )
