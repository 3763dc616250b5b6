"""Reading certificates in tests."""

from cryptography import x509
from cryptography.x509.oid import NameOID


def common_name(pem: str) -> str:
    """The name that a certificate bears."""
    subject = x509.load_pem_x509_certificate(pem.encode()).subject
    return str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
