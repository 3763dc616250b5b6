"""Nova's compute driver for servers that are system containers.

What is Nova's and Neutron's stays real: placement, config drive, ports with their security groups, console log, power.
Neutron's agent finds the near ends of the servers' cables and wires them as it does QEMU's.
"""

import hashlib
import os
import sys
import threading
from pathlib import Path
from typing import ClassVar

import os_vif
from nova import conf, exception
from nova.compute import power_state, task_states
from nova.image import glance
from nova.virt import driver, hardware, images

from . import cables, disks, resources, seed, users
from .container import Container, Size
from .shell import ContainerError, run
from .watch import Watch

CONF = conf.CONF
LOGS = Path("/run/lab/log")
CONSOLE_BYTES = 100 * 1024
SOFT_REBOOT_SECONDS = 10
STATES = {"running": power_state.RUNNING, "paused": power_state.PAUSED, "off": power_state.SHUTDOWN}


class ContainerDriver(Watch):
    """One compute node's containers."""

    capabilities: ClassVar[dict[str, bool]] = driver.ComputeDriver.capabilities | {
        "supports_attach_interface": True,
        "supports_image_type_raw": True,
    }

    def init_host(self, host):
        os_vif.initialize()
        self._instances = Path(CONF.instances_path)
        self._glance = glance.API()
        self._fetching = threading.Lock()
        self._begin_watch()

    # What there is

    def get_available_nodes(self, refresh=False):
        return [CONF.host]

    def list_instance_uuids(self):
        return [path.parent.name for path in self._instances.glob("*/config")]

    list_instances = list_instance_uuids

    def instance_exists(self, instance):
        return (self._home(instance) / "config").exists()

    def get_num_instances(self):
        return len(self.list_instance_uuids())

    def get_info(self, instance, use_cache=True):
        if not self.instance_exists(instance):
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        return hardware.InstanceInfo(state=STATES[self._container(instance).state()])

    def get_available_resource(self, nodename):
        return resources.available(self._instances)

    def update_provider_tree(self, provider_tree, nodename, allocations=None):
        ratios = self._get_allocation_ratios(provider_tree.data(nodename).inventory)
        provider_tree.update_inventory(nodename, resources.inventory(resources.available(self._instances), ratios))

    def get_host_ip_addr(self):
        return CONF.my_ip

    def get_host_uptime(self):
        return run("uptime")

    # A server's life

    def spawn(self, context, instance, image_meta, injected_files, admin_password, allocations, network_info=None, **_):
        home, ports = self._home(instance), network_info or []
        home.mkdir(parents=True)
        try:
            base = users.take(instance.uuid)
            (home / "users").write_text(str(base))
            (home / "name").write_text(instance.display_name)
            (home / "image").write_text(str(self._image(context, instance.image_ref)))
            disks.create(home, instance.flavor.root_gb)
            given = {"content": injected_files, "network_info": network_info}
            seed.write(home / "seed", base, seed.files(instance, password=admin_password, **given))
            size = Size(instance.flavor.memory_mb, instance.flavor.vcpus)
            self._container(instance).configure(instance.hostname, base, size)
            self._plug_and_wait(instance, ports)
            self._start(instance, ports)
        except Exception:
            self.destroy(context, instance, network_info)
            raise

    def destroy(self, context, instance, network_info, *_, **__):
        self._halt(instance, network_info)
        self.cleanup(context, instance, network_info)

    def cleanup(self, context, instance, network_info, *_, **__):
        self.unplug_vifs(instance, network_info)
        home = self._home(instance)
        if home.exists():
            self._container(instance).forget()
            base = home / "users"
            given = [int(base.read_text())] if base.exists() else []
            disks.remove(home)
            for first in given:
                users.give_back(first)

    def power_off(self, instance, timeout=0, retry_interval=0):
        self._halt(instance, instance.get_network_info(), timeout)

    def power_on(self, context, instance, network_info, *_, **__):
        self.plug_vifs(instance, network_info)
        self._start(instance, network_info)

    def reboot(self, context, instance, network_info, reboot_type, **_):
        self._halt(instance, network_info, SOFT_REBOOT_SECONDS if reboot_type == "SOFT" else 0)
        self.power_on(context, instance, network_info)

    def pause(self, instance):
        """Nothing runs any more, and the kernel, which is this machine's, answers nobody in the server's name."""
        cables.cut(_ports(instance.get_network_info()))
        self._container(instance).freeze(on=True)

    def unpause(self, instance):
        self._container(instance).freeze(on=False)
        cables.mend(_ports(instance.get_network_info()))

    def suspend(self, context, instance):
        self.pause(instance)

    def resume(self, context, instance, network_info, *_):
        self.unpause(instance)

    def snapshot(self, context, instance, image_id, update_task_state):
        update_task_state(task_state=task_states.IMAGE_PENDING_UPLOAD)
        home = self._home(instance)
        content = home / f"{image_id}.erofs"
        try:
            disks.snapshot(home, self._mounted_image(home), self._base(home), content)
            update_task_state(task_state=task_states.IMAGE_UPLOADING, expected_state=task_states.IMAGE_PENDING_UPLOAD)
            told = {
                "name": self._glance.get(context, image_id)["name"],
                "status": "active",
                "disk_format": "raw",
                "container_format": "bare",
                "properties": {"image_location": "snapshot", "image_state": "available"},
            }
            with content.open("rb") as file:
                self._glance.update(context, image_id, told, file)
        finally:
            content.unlink(missing_ok=True)

    def get_console_output(self, context, instance):
        try:
            with (self._home(instance) / "console.log").open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - CONSOLE_BYTES))
                return log.read()
        except FileNotFoundError as error:
            raise exception.ConsoleNotAvailable() from error

    # Parts

    def _home(self, instance):
        return self._instances / instance.uuid

    def _container(self, instance):
        return Container(self._home(instance))

    @staticmethod
    def _base(home):
        return int((home / "users").read_text())

    @staticmethod
    def _mounted_image(home):
        return disks.mount_image(Path((home / "image").read_text()))

    def _image(self, context, image_id):
        """The image's file in nova-compute's cache, fetched unless it is there."""
        name = hashlib.sha1(image_id.encode(), usedforsecurity=False).hexdigest()
        cached = self._instances / "_base" / name
        # One that is there, and maybe mounted, is not put in another's place.
        with self._fetching:
            if not cached.exists():
                cached.parent.mkdir(exist_ok=True)
                part = cached.with_name(f"{name}.part")
                images.fetch(context, image_id, str(part))
                part.rename(cached)
        try:
            disks.mount_image(cached)
        except ContainerError as error:
            raise exception.ImageUnacceptable(image_id=image_id, reason=f"no file system of erofs: {error}") from error
        return cached

    def _start(self, instance, network_info):
        home, container = self._home(instance), self._container(instance)
        disks.mount(home, self._mounted_image(home), self._base(home))
        ports = _ports(network_info)
        cables.mend(ports)
        container.start(ports, LOGS / f"server-{instance.hostname}.log")
        self._pids[instance.uuid] = container.pid()

    def _halt(self, instance, network_info, patience=0):
        """Off. Without patience the plug is pulled: the cables first, so that no closed connection is told."""
        if not self.instance_exists(instance):
            return
        container = self._container(instance)
        state = container.state()
        if state == "paused" or not patience:
            cables.cut(_ports(network_info))
        if state == "paused":
            container.freeze(on=False)
        container.stop(patience if state == "running" else 0)
        self._pids.pop(instance.uuid, None)


def _ports(network_info):
    return [vif["id"] for vif in network_info or []]


# Nova looks for drivers among its own modules.
sys.modules["nova.virt.lab_containers"] = sys.modules[__name__]
