"""Which hypervisor a lab gets, and whether the processor is believed to run machines."""

from pathlib import Path

import pytest

from lab.__main__ import main
from lab.cloud import hypervisor, kvm
from lab.cloud.settings import Settings
from lab.lab import Lab


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        (Settings("x", fake=True), hypervisor.NONE),
        (Settings("x", fake=False), hypervisor.CONTAINERS),
        (Settings("x", fake=False, servers="machines"), hypervisor.EMULATED),
        (Settings("x", fake=False, servers="machines", kvm=True), hypervisor.ACCELERATED),
        (Settings("x", fake=False, kvm=True), hypervisor.CONTAINERS),
    ],
    ids=["fake", "containers", "emulated", "kvm", "containers where kvm is"],
)
def test_a_lab_has_one_hypervisor(settings: Settings, wanted: hypervisor.Hypervisor) -> None:
    assert settings.hypervisor is wanted


def test_settings_are_read_as_they_were_written(tmp_path: Path) -> None:
    """With what was found out of the processor, which nobody asks for: it makes no other lab."""
    settings = Settings("x", fake=False, servers="machines", kvm=True)
    settings.write(tmp_path)
    read = Settings.read(tmp_path)
    assert (read, read.kvm) == (settings, True)
    assert read == Settings("x", fake=False, servers="machines")


def test_the_command_line_knows_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else; containers by default."""
    asked: list[str] = []
    monkeypatch.setattr(Lab, "up", lambda _, *, servers, **__: asked.append(servers))
    for words in ([], ["--servers", "machines"]):
        main(["up", *words])
    assert asked == ["containers", "machines"]


@pytest.mark.parametrize(
    ("script", "works", "seconds"),
    [
        ('echo "[    1.2] Run /init as init process"; exec sleep 60', True, 30),
        ("echo booting; exec sleep 60", False, 2),
        ('echo "Could not access KVM kernel module" >&2; exit 1', False, 30),
    ],
    ids=["boots", "stands still", "refuses"],
)
def test_a_processor_is_believed_when_a_kernel_boots(tmp_path: Path, script: str, works: bool, seconds: float) -> None:
    """A program in QEMU's place that does what QEMU was seen to do."""
    qemu, device = tmp_path / "qemu", tmp_path / "kvm"
    qemu.write_text(f"#!/bin/sh\n{script}\n")
    qemu.chmod(0o755)
    device.touch()
    assert kvm.works(tmp_path, qemu=str(qemu), device=device, seconds=seconds) is works


def test_without_the_device_nothing_is_tried(tmp_path: Path) -> None:
    assert not kvm.works(tmp_path, qemu="/nonexistent", device=tmp_path / "kvm")
