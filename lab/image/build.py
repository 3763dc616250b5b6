"""Guest images, built from Debian's packages and kept in the user's cache.

An image is a bare file system, twice: a disk of ext4 for machines, which boot it with a kernel and an initrd beside it,
without a boot loader; and a compressed one of erofs for containers, whose disks are laid over it.
"""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fleet.progress import phase
from lab.cache import built, cache_home, content_key
from lab.cloud.runtime.containers.disks import write_file_system
from lab.cloud.shell import LabError
from lab.image import repository
from lab.install import packages

HERE = Path(__file__).parent
SUITE = "bookworm"
SIZE = "4G"  # virtual: the file system is sparse
KINDS = ("baked", "stock")

# Package lists: what every image has, what a server of the program needs, and what Debian's own cloud image has.
BASE, SERVICES, STOCK = (packages(HERE / f"packages-{name}.txt") for name in ("base", "services", "stock"))
PACKAGES = {"baked": BASE + SERVICES, "stock": BASE + STOCK}
# Packages that stock guests may install, with all they depend on.
OFFERED = [*SERVICES, "jq", "socat"]


def images() -> Path:
    """The directory with `baked`, `stock` and the package repository `debian`; built unless the cache has it."""
    caddy = _tool("caddy")
    key = content_key(caddy, HERE)
    if not (cache_home() / "guest-images" / key).is_dir():
        with phase("guest images", usually="about 4 min", log=cache_home() / "guest-images"):
            return built("guest-images", key, lambda target: _build(target, caddy))
    return cache_home() / "guest-images" / key


def _build(target: Path, caddy: Path) -> None:
    (target / "debian").mkdir()
    with ThreadPoolExecutor(len(KINDS)) as pool:
        for work in [pool.submit(_image, kind, target, caddy) for kind in KINDS]:
            work.result()
    version = subprocess.run([caddy, "version"], check=True, capture_output=True, text=True).stdout.split()[0]
    repository.caddy_package(caddy, version.removeprefix("v"), target / "debian")
    repository.index(target / "debian")


def _image(kind: str, target: Path, caddy: Path) -> None:
    home = target / kind
    home.mkdir()
    root, log = home / "root", cache_home() / "guest-images" / f"{kind}.log"
    hooks = [f'sh {HERE}/customize.sh {kind} "$1" {HERE}/files']
    if kind == "baked":
        hooks.insert(0, f'install -m 755 {caddy} "$1/usr/bin/caddy"')
    else:
        hooks.insert(0, _download_hook(target / "debian"))
    argv = ["mmdebstrap", "--variant=minbase", "--mode=root", '--aptopt=Apt::Install-Recommends "false"']
    argv += [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("doc", "man")]
    argv += [f"--include={','.join(PACKAGES[kind])}"]
    argv += [f"--customize-hook={hook}" for hook in hooks]
    with phase(f"{kind} image: packages", usually="about 2 min", log=log), log.open("wb") as out:
        done = subprocess.run([*argv, SUITE, str(root)], stdout=out, stderr=out, check=False)
        if done.returncode:
            raise LabError(f"mmdebstrap failed for the {kind} image; see {log}")
    with phase(f"{kind} image: file system"):
        _file_system(home, root)


def _file_system(home: Path, root: Path) -> None:
    for name, pattern in (("vmlinuz", "vmlinuz-*"), ("initrd.img", "initrd.img-*")):
        (found,) = (root / "boot").glob(pattern)
        shutil.move(found, home / name)
    raw = home / "rootfs.raw"
    with raw.open("wb") as file:
        os.truncate(file.fileno(), int(SIZE.removesuffix("G")) << 30)
    options = ["-O", "^metadata_csum,^has_journal", "-E", "lazy_itable_init=0"]
    subprocess.run(["mkfs.ext4", "-q", *options, "-d", root, raw], check=True)
    subprocess.run(["qemu-img", "convert", "-O", "qcow2", raw, home / "rootfs.qcow2"], check=True)
    raw.unlink()
    write_file_system(root, home / "rootfs.erofs")
    shutil.rmtree(root)


def _download_hook(repo: Path) -> str:
    """Fetch packages with all that the image does not have yet, without installing them."""
    options = '-o Dir::Cache::Archives="$1/var/cache/apt/archives" -o APT::Keep-Downloaded-Packages=true'
    fetch = f'APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get install --yes --download-only {options} {" ".join(OFFERED)}'
    clean = 'rm -f "$1"/var/cache/apt/archives/*.deb'
    return f'{clean}; {fetch} && cp "$1"/var/cache/apt/archives/*.deb {repo}/ && chmod 644 {repo}/*.deb'


def _tool(name: str) -> Path:
    """One of the engine room's programs, built by its own command."""
    done = subprocess.run(
        [sys.executable, "-m", "lab", "tool", name],
        cwd=HERE.parents[1],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LabError(f"python -m lab tool {name} failed: see above")
    return Path(done.stdout.split()[-1])
