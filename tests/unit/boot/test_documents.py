"""Boot documents: the bytes that were meant, always the same, no secret where others may read it."""

import ast
import difflib
import os
import re
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import yaml

from boot.document import render, without_comments
from boot.size import documents
from tests.configuration import ROOT, SECRETS, settings
from tests.unit.boot.difference import difference, in_place, parts
from tests.unit.boot.golden import CASES, DIRECTORY, MORE_SECRETS, TWO_NODES, files_of, near, texts

each_case = pytest.mark.parametrize("name", CASES)
# Certificates are public; they are stored with the secrets only because they travel with their keys.
SECRET_TEXTS = [text for key, text in (SECRETS | MORE_SECRETS).items() if not key.endswith("_certificate")]
REGENERATE = (
    "if this is what you meant: python -m tests.unit.boot.golden, then read the difference before committing it"
)


def applied(changes: str, before: str) -> str:
    """The document that a difference makes of another one; fails where it could be meant for two places."""
    known, held, order = parts(before), parts(before), ""
    for change in re.split(r"^(?==== |--- |\+\+\+ |@@ )", changes, flags=re.MULTILINE)[1:]:
        head, *lines = change.splitlines()
        mark, path = head.split()[:2]
        if mark == "===":
            order = head.removeprefix("=== in the order ")
        elif mark == "---":
            del held[path]
        elif mark == "+++":
            held[path] = [line[1:] for line in lines]
        else:
            old = [line[1:] for line in lines if line[0] in " -"]
            (at,) = [n for n in range(len(held[path])) if held[path][n : n + len(old)] == old]
            held[path][at : at + len(old)] = [line[1:] for line in lines if line[0] in " +"]
    return "".join(f"{line}\n" for path in order.split() or in_place(held, known) for line in held[path])


def _parsed(name: str) -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(CASES[name].text())
    return parsed


def _telltales() -> set[str]:
    """What of each secret would be recognised in a file: its lines, and a login as a registry takes it."""
    lines = {line for text in SECRET_TEXTS for line in text.splitlines() if "of the tests" in line.replace("-", " ")}
    return lines | {b64encode(f"reader:{MORE_SECRETS['registry_password']}".encode()).decode()}


def _holds(text: str) -> set[str]:
    return {telltale for telltale in _telltales() if telltale in text}


@each_case
def test_document_is_the_golden_one(name: str) -> None:
    """Every byte: a change in a boot document replaces servers, so it is read before it is committed."""
    for file, actual in files_of(name).items():
        expected = file.read_text() if file.exists() else ""
        lines = difflib.unified_diff(expected.splitlines(), actual.splitlines(), file.name, "rendered", lineterm="")
        assert actual == expected, "\n".join([*lines, REGENERATE])


def test_every_golden_file_has_its_case() -> None:
    """A file that no test reads would say what is no longer so."""
    assert sorted(DIRECTORY.iterdir()) == sorted(file for name in CASES for file in files_of(name)), REGENERATE


@each_case
def test_a_difference_leads_to_one_document_alone(name: str) -> None:
    """Line by line it is made of the other document again: nothing that it leaves out may be otherwise."""
    for what, text in texts(name).items():
        if other := near(name, what):
            before = texts(other)[what]
            assert applied(difference(before, text), before) == text, what


def test_two_processes_render_the_same_bytes() -> None:
    """Python orders sets differently in each process; nothing of that may show."""
    command = [sys.executable, "-m", "tests.unit.boot.golden", "--print"]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ, "PYTHONHASHSEED": seed})
        for seed in ("1", "4242")
    ]
    first, second = (process.communicate(timeout=60)[0] for process in started)
    assert first.count(b"#cloud-config") == len(CASES)
    assert first == second


@each_case
def test_files_with_secrets_are_readable_by_root_alone(name: str) -> None:
    """Looked for in every file of every document; and outside of files there is none."""
    document = _parsed(name)
    files = document.pop("write_files")
    with_secrets = {file["path"]: file["permissions"] for file in files if _holds(file["content"])}
    assert set(with_secrets.values()) <= {"0600"}, with_secrets
    assert with_secrets or "edge" in name, "the role is known to have secrets: the search found none"
    assert not _holds(yaml.dump(document))


def test_the_search_for_secrets_finds_each_of_them() -> None:
    """The documents of all cases together hold every secret of the tests: none is looked for in vain."""
    found = _holds("\n".join(case.text() for case in CASES.values()))
    assert found == _telltales() - {MORE_SECRETS["registry_password"]}  # which stands there encoded
    assert len(found) == len(SECRET_TEXTS) == 9


@each_case
def test_no_path_is_written_twice(name: str) -> None:
    """And all are absolute, sorted, and of root's."""
    files = _parsed(name)["write_files"]
    paths = [file["path"] for file in files]
    assert paths == sorted(set(paths))
    assert all(path.startswith("/") for path in paths)
    assert not [file for file in files if set(file) != {"path", "permissions", "content"}]


@each_case
def test_every_unit_that_is_started_is_described(name: str) -> None:
    """A unit of ours has its file, and a script that a unit or the boot calls has its own, executable."""
    files = {file["path"]: file for file in _parsed(name)["write_files"]}
    variables = dict(line.split("=", 1) for line in files["/etc/multiparty/boot.env"]["content"].splitlines())
    units = [*variables["UNITS"].strip('"').split(), *variables["AFTER_CLOUD_INIT"].strip('"').split()]
    units += files["/etc/systemd/system/sysinit.target.d/multiparty.conf"]["content"].partition("Wants=")[2].split()
    assert len(units) >= 3
    assert not [unit for unit in units if f"/etc/systemd/system/{unit}" not in files]
    for path, file in files.items():
        if path.startswith(("/usr/local/", "/usr/sbin/")):
            assert file["permissions"] == "0755", path
            assert file["content"].startswith(("#!/bin/sh\n", "#!/usr/bin/python3\n")), path
    assert "/usr/local/sbin/multiparty-boot" in files


@each_case
def test_the_metadata_service_is_closed_before_any_service_starts(name: str) -> None:
    """In the first of the boot's steps, and at later boots before there is a network; by both addresses."""
    files = {file["path"]: file["content"] for file in _parsed(name)["write_files"]}
    steps = sorted(path for path in files if path.startswith("/usr/local/lib/multiparty/boot.d/"))
    assert "systemctl start metadata-guard" in files[steps[0]]
    guard = files["/etc/systemd/system/metadata-guard.service"]
    assert "\nBefore=network-pre.target shutdown.target\n" in guard
    assert "\nDefaultDependencies=no\n" in guard
    assert "cloud" not in guard.partition("[Service]")[0].replace("Close the metadata service", "")
    rules = files["/etc/multiparty/metadata-guard.nft"]
    assert "ip daddr 169.254.169.254 drop" in rules
    assert "ip6 daddr fe80::a9fe:a9fe drop" in rules


def test_one_meeting_node_more_changes_no_other_server_but_the_edges() -> None:
    """The edges send traffic to the new node; nobody else's boot document knows how many there are."""
    for stack in ("gra", "sbg", "witness"):
        before = {document.hostname: render(document) for document in documents(settings(stack))}
        after = {document.hostname: render(document) for document in documents(settings(stack, TWO_NODES))}
        changed = {name for name in before if before[name] != after[name]}
        assert changed == {name for name in before if "-edge-" in name}, stack


def test_a_clusters_hosts_have_a_master_each_and_no_sentinel() -> None:
    (hosts,) = [f["content"] for f in _parsed("witness-cluster")["write_files"] if f["path"] == "/etc/hosts"]
    assert "10.17.2.6 redis-witness redis-master-witness\n" in hosts
    assert "10.17.0.5 redis-gra redis-master-gra\n" in hosts
    assert "sentinel" not in hosts


def test_hosts_names_fixed_roles_only() -> None:
    """The required names at both sites, each at its planned address; no host of ours asks a DNS server for a peer."""
    (hosts,) = [f["content"] for f in _parsed("sbg-meeting-second")["write_files"] if f["path"] == "/etc/hosts"]
    named = {name: line.split()[0] for line in hosts.splitlines() for name in line.split()[1:]}
    required = {
        "gra-instance": "10.17.0.64",
        "sbg-instance": "10.17.1.64",
        "redis-master-gra": "10.17.0.5",
        "redis-master-sbg": "10.17.1.5",
        "redis-sentinel-gra": "10.17.0.5",
        "redis-sentinel-sbg": "10.17.1.5",
        "redis-gra": "10.17.0.5",
        "redis-sbg": "10.17.1.5",
        "redis-sentinel-witness": "10.17.2.6",
        "gra-edge": "10.17.0.4",
        "sbg-edge": "10.17.1.4",
        "production-sbg-meeting-2": "127.0.1.1",
    }
    assert required.items() <= named.items()
    assert not [line for line in hosts.splitlines() if "10.17.1.65" in line or "10.17.0.65" in line]


PROGRAMS = sorted(path for path in (ROOT / "boot").rglob("*.py") if path.read_text().startswith("#!/usr/bin/python3\n"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_a_program_is_the_same_without_its_docstrings(program: Path) -> None:
    """Statement by statement; a class that has nothing else keeps it."""

    def statements(text: str) -> str:
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and len(node.body) > 1:
                node.body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        return ast.dump(tree)

    text = program.read_text()
    short = without_comments(text)
    assert statements(short) == statements(text)
    assert len(short) < len(text)
