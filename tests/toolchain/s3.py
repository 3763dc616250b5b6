"""A real S3 server with versions (Versity's gateway before a directory), and as much of a client as tests need."""

import hashlib
import re
import socket
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Self
from urllib.parse import quote

from lab.engine import gotools
from tests.unit.waiting import eventually

REGION, ACCESS, SECRET = "waw", "access-key-of-the-tests", "secret-key-of-the-tests"
_ENABLED = (
    '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<Status>Enabled</Status></VersioningConfiguration>"
)


class RefusedError(Exception):
    """The server answered with an error."""


class Bucket:
    """A bucket that keeps every version, on a server of its own."""

    name = "state"

    def __init__(self, directory: Path) -> None:
        """Keep everything below `directory`, on a file system with extended attributes."""
        self.objects, versions = directory / "objects", directory / "kept"
        for path in (self.objects, versions):
            path.mkdir(parents=True)
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            port = free.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{port}"
        keys = ["--access", ACCESS, "--secret", SECRET]
        listen = ["--quiet", "--region", REGION, "--port", f"127.0.0.1:{port}"]
        self._command = [str(gotools.build("versitygw")), *listen, *keys]
        self._command += ["posix", "--versioning-dir", str(versions), str(self.objects)]
        self._port = port

    def __enter__(self) -> Self:
        self._server = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        eventually(self._answers, bool, seconds=60, what="the S3 server")
        self.ask("PUT", "")
        self.ask("PUT", "", "versioning=", _ENABLED)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait(timeout=30)

    @property
    def url(self) -> str:
        """What `pulumi login` takes."""
        return f"s3://{self.name}?endpoint={self.endpoint}&s3ForcePathStyle=true&region={REGION}"

    @property
    def variables(self) -> dict[str, str]:
        """The environment of whoever uses the bucket."""
        return {"PULUMI_BACKEND_URL": self.url, "AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET}

    def keys(self, prefix: str) -> list[str]:
        """The names of the objects that are there."""
        return re.findall(r"<Key>([^<]*)</Key>", self.ask("GET", "", f"list-type=2&prefix={quote(prefix, safe='')}"))

    def versions(self, key: str) -> list[str]:
        """The ids of an object's versions, the youngest first; marks of its deletion are none."""
        listed = self.ask("GET", "", f"prefix={quote(key, safe='')}&versions=")
        found = re.findall(r"<Version>(.*?)</Version>", listed, re.DOTALL)
        own = [version for version in found if f"<Key>{key}</Key>" in version]
        return [re.findall(r"<VersionId>([^<]*)</VersionId>", version)[0] for version in own]

    def get(self, key: str, version: str) -> str:
        """What an object was."""
        return self.ask("GET", key, f"versionId={version}")

    def put(self, key: str, text: str) -> None:
        """Write an object."""
        self.ask("PUT", key, body=text)

    def delete(self, key: str) -> None:
        """Delete an object, as whoever knows nothing of versions does."""
        self.ask("DELETE", key)

    def copy_back(self, key: str, version: str) -> None:
        """Lay an earlier version over what is there now, or over nothing."""
        self.ask("PUT", key, headers={"x-amz-copy-source": f"{self.name}/{key}?versionId={version}"})

    def ask(
        self, method: str, key: str, query: str = "", body: str = "", *, headers: dict[str, str] | None = None
    ) -> str:
        """A signed request; its answer.

        Raises:
            RefusedError: the server says no.
        """
        signed = {
            "x-amz-content-sha256": hashlib.sha256(body.encode()).hexdigest(),
            "Content-Type": "",
            **(headers or {}),
        }
        command = ["curl", "--silent", "--show-error", "--request", method, "--write-out", "\n%{http_code}"]
        command += ["--aws-sigv4", f"aws:amz:{REGION}:s3", "--user", f"{ACCESS}:{SECRET}"]
        for name, value in signed.items():
            command += ["--header", f"{name}: {value}" if value else f"{name}:"]
        command += ["--data-binary", body] if body else []
        url = f"{self.endpoint}/{self.name}" + (f"/{key}" if key else "") + (f"?{query}" if query else "")
        done = subprocess.run([*command, url], capture_output=True, text=True, check=False, timeout=60)
        answer, _, status = done.stdout.rpartition("\n")
        if done.returncode or not status.startswith("2"):
            raise RefusedError(f"{method} {url}: {status} {answer}{done.stderr}")
        return answer

    def _answers(self) -> bool:
        with closing(socket.socket()) as asked:
            return asked.connect_ex(("127.0.0.1", self._port)) == 0
