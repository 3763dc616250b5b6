"""The builder's boot document: all that servers of an environment fetch at their first boot, fetched once.

No server of the environment's meets a mirror, a registry or a key server then: what is there is not asked for again.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from boot.common import FAILED_MARKER
from boot.document import RUN, BootDocument, script, step
from boot.edge.caddy import NEEDED, source
from boot.file import File
from boot.meeting.container import pulled
from boot.size import documents
from boot.unit import unit
from settings.delivery import Container
from settings.image import REMIND_DAYS
from settings.stack import Settings

# The console line of a builder whose disk is the image.
BAKED_MARKER = "MULTIPARTY-BAKED"
_SEAL = "multiparty-seal.service"
_SEAL_SCRIPT = "/usr/local/lib/multiparty/seal"
# Stays in the image.
_APT_GET = "/usr/local/sbin/multiparty-apt-get"


def packages(settings: Settings) -> tuple[str, ...]:
    """The packages of all roles of an environment, sorted; its settings may be any site's."""
    sites = (settings.model_copy(update={"site": site}) for site in settings.env.sites)
    return tuple(sorted({name for one in sites for document in documents(one) for name in document.packages}))


def release(settings: Settings) -> str:
    """The fingerprint of what an image for these settings holds."""
    delivery = settings.env.meeting.delivery
    held = (*packages(settings), f"caddy {NEEDED}", delivery.image if isinstance(delivery, Container) else "")
    return f"sha256:{hashlib.sha256(chr(10).join(held).encode()).hexdigest()[:12]}"


def builder(settings: Settings, hostname: str) -> BootDocument:
    """The boot document of the server whose disk becomes the image."""
    delivery = settings.env.meeting.delivery
    own = BootDocument(
        hostname=hostname,
        files=(
            script("boot.sh", RUN),
            File("/etc/apt/apt.conf.d/80-multiparty", 'Acquire::Retries "5";\n'),
            # Package scripts must start nothing that has no configuration.
            File("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", "0755"),
            *(() if settings.env.edge.caddy_in_image else source()),
            step("image/10-image-packages"),
            step("edge/20-caddy-version"),
            script("image/seal.sh", _SEAL_SCRIPT),
            unit(
                _SEAL,
                unit={"Description": "Make an image of this server's disk", "After": "cloud-final.service"},
                service={"Type": "oneshot", "ExecStart": _SEAL_SCRIPT, "StandardOutput": "journal+console"},
            ),
            script("image/apt-get.sh", _APT_GET),
            File(
                "/etc/cloud/cloud.cfg.d/95_multiparty.cfg",
                f"system_info:\n  apt_get_command: [{_APT_GET}]\n",
            ),
        ),
        units=(_SEAL,),
        environment={
            "PACKAGES": " ".join(packages(settings)),
            "CADDY_NEEDED": NEEDED,
            "RUN": RUN,
            "BAKED_MARKER": BAKED_MARKER,
            "FAILED_MARKER": FAILED_MARKER,
            "AFTER_CLOUD_INIT": "",
        },
    )
    return own.adding(pulled(settings, delivery)) if isinstance(delivery, Container) else own


def image_warnings(settings: Settings, now: datetime) -> Iterator[str]:
    """What a preview says of the stack's baked images: that they are old, or were baked for other settings."""
    images = {settings.image_of(role) for role in settings.roles}
    again = f"`make images STACK={settings.stack} BAKE=1`, then `make roll SITE={settings.site}`"
    for image in sorted(images, key=lambda image: image.name):
        if image.baked is None:
            continue
        if (days := image.baked.days(now)) > REMIND_DAYS:
            yield f"image {image.name} was baked {days} days ago, and lacks the updates since then: {again}"
        if image.baked.release != release(settings):
            yield (
                f"image {image.name} was baked for other packages, another Caddy or another meeting server: a new "
                f"server fetches what it lacks: {again}"
            )
