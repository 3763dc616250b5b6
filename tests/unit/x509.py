"""Reading certificates in tests."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import NameOID


def common_name(pem: str) -> str:
    """The name that a certificate bears."""
    subject = x509.load_pem_x509_certificate(pem.encode()).subject
    return str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def public_key(pem: str) -> bytes:
    """The public key of a certificate, or of a private key."""
    if "PRIVATE KEY" in pem:
        key = load_pem_private_key(pem.encode(), password=None).public_key()
    else:
        key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
