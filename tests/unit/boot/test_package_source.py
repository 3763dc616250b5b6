"""A package source that has a bad moment while a server boots for the first time: it is asked again."""

import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.unit.disk import files, program
from tests.unit.serving import serving

APT = "/etc/apt/apt.conf.d/80-multiparty"
PACKAGE = b"a package"


@pytest.fixture
def source() -> Iterator[list[str]]:
    """What a source answers next, which has the package when nothing is left; its address comes last."""
    answers: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Quiet."""

        def do_GET(self) -> None:
            match answers.pop(0) if len(answers) > 1 else "package":
                case "503":
                    self.send_error(503)
                case "reset":
                    self.close_connection = True
                case _:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(PACKAGE)))
                    self.end_headers()
                    self.wfile.write(PACKAGE)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    answers.append(f"http://127.0.0.1:{server.server_address[1]}/package")
    with serving(server):
        yield answers


@pytest.mark.parametrize("moment", [["503"], ["reset", "503"]])
def test_a_source_that_fails_is_asked_again(source: list[str], moment: list[str], tmp_path: Path) -> None:
    """By every server, as its own first boot would: after a site's loss everybody installs at once."""
    program("apt-get", "apt")
    source[:0] = moment
    config, got = tmp_path / "apt.conf", tmp_path / "package"
    config.write_text(files("gra-redis")[APT])
    line = ["/usr/lib/apt/apt-helper", f"--config-file={config}", "download-file", source[-1], str(got)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert got.read_bytes() == PACKAGE
    assert len(source) == 1
