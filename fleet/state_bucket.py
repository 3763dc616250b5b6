"""The bucket that holds Pulumi's state, asked by S3's own protocol (AWS Signature Version 4)."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs, quote, urlsplit

from fleet.bounded import AskingError
from fleet.request import Answer, request

_VERSIONS = (
    b'<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status>'
    b"</VersioningConfiguration>"
)


@dataclass(frozen=True)
class Bucket:
    """A bucket as `pulumi login` names it, and the keys of its user."""

    name: str
    endpoint: str
    region: str
    access_key: str
    secret_key: str

    def versioned(self) -> bool:
        """Whether it keeps what is overwritten or deleted.

        Raises:
            AskingError: it is not there, the keys are refused, or nobody answers.
        """
        answer = self._asked("GET", "versioning=")
        return re.search(rb"<Status>\s*Enabled\s*</Status>", answer.body) is not None

    def make(self) -> None:
        """Make it, if it is not there, and have it keep every version.

        Raises:
            AskingError: the keys are refused, somebody else has the name, or nobody answers.
        """
        self._asked("PUT", accepted=("BucketAlreadyOwnedByYou",))
        self._asked("PUT", "versioning=", _VERSIONS)

    def _asked(self, method: str, query: str = "", body: bytes = b"", *, accepted: tuple[str, ...] = ()) -> Answer:
        url = f"{self.endpoint}/{quote(self.name)}"
        answer = request(method, f"{url}?{query}" if query else url, self._signed(method, url, query, body), body)
        code = (re.findall(rb"<Code>(\w+)</Code>", answer.body) or [b""])[0].decode()
        if answer.status < 300 or code in accepted:
            return answer
        where = f"bucket {self.name} at {self.endpoint}"
        match answer.status:
            case 403:
                raise AskingError(f"{where}: the keys are refused ({code or 403})")
            case 404:
                raise AskingError(f"{where}: there is none of that name")
        raise AskingError(f"{where}: HTTP {answer.status} {code}".rstrip())

    def _signed(self, method: str, url: str, query: str, body: bytes) -> Mapping[str, str]:
        """The headers of a request."""
        parts = urlsplit(url)
        now = datetime.now(UTC)
        day, time = f"{now:%Y%m%d}", f"{now:%Y%m%dT%H%M%SZ}"
        digest = hashlib.sha256(body).hexdigest()
        headers = {"host": parts.netloc, "x-amz-content-sha256": digest, "x-amz-date": time}
        names = ";".join(headers)
        canonical = "\n".join(
            [method, parts.path, query, *(f"{name}:{text}" for name, text in headers.items()), "", names, digest]
        )
        scope = f"{day}/{self.region}/s3/aws4_request"
        to_sign = "\n".join(["AWS4-HMAC-SHA256", time, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = f"AWS4{self.secret_key}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        credential = f"Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        return headers | {"Authorization": f"AWS4-HMAC-SHA256 {credential}"}


def bucket(url: str, environment: Mapping[str, str]) -> Bucket:
    """The bucket that a backend's URL names.

    Args:
        url: as `pulumi login` takes it: s3://NAME?endpoint=...&region=...
        environment: with the keys of the bucket's user.

    Raises:
        AskingError: the URL names no endpoint or region, or a key is missing; with what to do.
    """
    parts = urlsplit(url)
    told = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if lacking := [name for name in ("endpoint", "region") if not told.get(name)]:
        raise AskingError(f"{url} names no {' and no '.join(lacking)}")
    endpoint = told["endpoint"] if "://" in told["endpoint"] else f"https://{told['endpoint']}"
    keys = [environment.get(name, "") for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
    if not all(keys):
        raise AskingError("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set")
    return Bucket(parts.netloc, endpoint.rstrip("/"), told["region"], *keys)
