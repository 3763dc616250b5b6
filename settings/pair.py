"""A certificate and its key, as an operator gives them: whether they belong together and to a server's names."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key


def misfit(certificate: str, key: str, names: Sequence[str]) -> str | None:
    """Why a certificate does not fit a key and names; None when it does. Its dates are not looked at.

    Args:
        certificate: the chain, PEM, the server's own certificate first.
        key: its private key, PEM.
        names: the host names that it has to have.
    """
    try:
        own = x509.load_pem_x509_certificates(certificate.encode())[0]
        held = load_pem_private_key(key.encode(), password=None).public_key()
    except (ValueError, TypeError):
        return "is no certificate in PEM, or its key is none"
    if _public(own.public_key()) != _public(held):
        return "does not belong to the key"
    try:
        found = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        found = x509.SubjectAlternativeName([])
    has = found.get_values_for_type(x509.DNSName)
    missing = [name for name in names if not {name, f"*.{name.partition('.')[2]}"} & set(has)]
    return f"is for {', '.join(has) or 'no name'}, and not for {', '.join(missing)}" if missing else None


def _public(key: object) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined, no-any-return]
