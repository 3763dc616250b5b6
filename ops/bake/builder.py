"""The builder of one region: a server that installs what every role boots with, and whose disk becomes an image.

Nobody logs in to it: nothing from outside reaches it, and its console says how it goes. What there is of it carries the
stack's label, by which all of it is found again, whoever made it: at the end, and by the next bake where this one was
killed.
"""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any, TypeVar

from fleet.bounded import AskingError
from fleet.cloud import Connection, refusal, told
from fleet.progress import say
from fleet.until import until
from ops.bake.order import BakeError, Order
from ops.ready import CONSOLE_LINES, end

# Metadata of the builder and of its image; the description of the rest.
LABEL = "multiparty-builder"
# Seconds. An upgrade of a stock image that is months old and 200 packages; a shutdown; OVHcloud's snapshot of 50 GB;
# what goes away behind it.
INSTALLED, STOPPED, SAVED, REMOVED = 1800.0, 300.0, 1800.0, 180.0
PAUSE = 5.0
T = TypeVar("T")


@dataclass(frozen=True)
class Builder:
    """The work on one order.

    Attributes:
        connection: to the order's region.
        order: what is to be baked.
        stop: set when all is to be given up.
        pause: seconds between two looks.
    """

    connection: Connection
    order: Order
    stop: Event
    pause: float = PAUSE

    def image(self) -> str:
        """Bake it; its id.

        Raises:
            BakeError: it cannot be baked, or `stop` was set.
        """
        with self._gone():
            server = self._server()
            self._say("installs what servers of every role boot with (about 5 min)")
            self._until(lambda: self._installed(server), INSTALLED, "the builder")
            self._ask(lambda c: c.compute.stop_server(server))
            self._until(lambda: self._is(server, "SHUTOFF"), STOPPED, "the builder's end")
            self._say(f"saves the image {self.order.name} (a few minutes)")
            saved = self._ask(
                lambda c: c.compute.create_server_image(server, self.order.name, {LABEL: self.order.stack})
            )
            image = str(saved.id)
            self._until(lambda: self._saved(image), SAVED, f"the image {self.order.name}")
        return image

    @contextmanager
    def _gone(self) -> Iterator[None]:
        """Nothing of a builder is there before, nor afterwards, whatever happens."""
        self._remove("of an earlier bake")
        try:
            yield
        except Exception as error:
            try:
                self._remove()
            except BakeError as stays:
                raise BakeError(f"{error}; {stays}") from error
            raise
        try:
            self._remove()
        except BakeError as stays:  # the image is there all the same
            self._say(f"stays: {stays}")

    def _server(self) -> str:
        order = self.order
        network = self._ask(lambda c: c.network.find_network(order.network, ignore_missing=False))
        flavors = self._ask(lambda c: [one for one in c.compute.flavors(details=True) if one.name in order.flavors])
        if not flavors:
            raise BakeError(f"{order.region}: no flavor of {', '.join(sorted(order.flavors))}")
        smallest = min(flavors, key=lambda one: (one.disk, one.ram, one.name))
        mine = {"name": order.builder, "description": self._label}
        group = self._ask(lambda c: c.network.create_security_group(**mine))
        port = self._ask(lambda c: c.network.create_port(**mine, network_id=network.id, security_groups=[group.id]))
        server = self._ask(
            lambda c: c.compute.create_server(
                name=order.builder,
                flavor_id=smallest.id,
                image_id=order.stock,
                networks=[{"port": port.id}],
                config_drive=True,
                user_data=base64.b64encode(order.user_data.encode()).decode(),
                metadata={LABEL: order.stack},
            )
        )
        return str(server.id)

    def _installed(self, server: str) -> str:
        """What the builder lacks yet."""
        try:
            shown = self.connection.compute.get_server_console_output(server, length=CONSOLE_LINES) or {}
            log = str(shown.get("output") or "")
        except self._refusals:  # there is none yet, or the API has a bad minute: the deadline decides
            log = ""
        if self.order.failed in log:
            raise BakeError(f"{self.order.region}: a step of the builder failed:\n{end(log)}")
        if self.order.baked in log:
            return ""
        if not log and self._is(server, "ERROR") == "":
            raise BakeError(f"{self.order.region}: the builder is in ERROR: {self._fault(server)}")
        return f"no {self.order.baked} on its console:\n{end(log)}"

    def _fault(self, server: str) -> str:
        fault = self._ask(lambda c: c.compute.get_server(server)).fault or {}
        return str(fault.get("message", "no reason given"))

    def _is(self, server: str, status: str) -> str:
        """That the builder is something else; empty when it is this."""
        try:
            found = str(self.connection.compute.get_server(server).status)
        except self._refusals as error:
            return refusal(error)
        return "" if found == status else found

    def _saved(self, image: str) -> str:
        from openstack.exceptions import NotFoundException  # noqa: PLC0415 - as below

        try:
            found = str(self.connection.image.get_image(image).status)
        except NotFoundException:
            found = "deleted"  # by Nova, whose snapshot failed
        except self._refusals as error:
            return refusal(error)
        if found in ("killed", "deleted", "pending_delete"):
            raise BakeError(f"{self.order.region}: the image is {found}")
        return "" if found == "active" else found

    def _remove(self, why: str = "") -> None:
        """Take away what carries the label; an image that was not finished too.

        Raises:
            BakeError: something stays; with what.
        """
        asked: set[tuple[str, str]] = set()

        def left() -> str:
            try:
                found = list(self._left())
                for what, id_, delete in found:
                    if (what, id_) not in asked:
                        self._say(f"removes {' '.join(filter(None, (what, why)))}")
                        delete(id_)
                        asked.add((what, id_))
            except self._refusals as error:
                return refusal(error)
            return ", ".join(f"{what} {id_}" for what, id_, _ in found)

        again = f"`make images STACK={self.order.stack} BAKE=1` removes it first"
        until(
            left,
            seconds=REMOVED,
            what=f"{self.order.region}: the builder's end ({again})",
            error=BakeError,
            pause=min(self.pause, 2.0),
        )

    def _left(self) -> Iterator[tuple[str, str, Callable[[str], Any]]]:
        """What carries the label, in the order in which it can go: kind, id, and what deletes it."""
        compute, network, image = self.connection.compute, self.connection.network, self.connection.image
        mine = self.order.stack
        servers = [one for one in compute.servers(details=True) if (one.metadata or {}).get(LABEL) == mine]
        yield from (("server", str(one.id), compute.delete_server) for one in servers)
        for one in image.images():
            if (one.properties or {}).get(LABEL) == mine and one.status != "active":
                yield "unfinished image", str(one.id), image.delete_image
        if servers:
            return  # its port is in use, and the port's group
        ports = [one for one in network.ports() if one.description == self._label]
        yield from (("port", str(one.id), network.delete_port) for one in ports)
        if ports:
            return
        groups = [one for one in network.security_groups() if one.description == self._label]
        yield from (("security group", str(one.id), network.delete_security_group) for one in groups)

    @property
    def _label(self) -> str:
        return f"{LABEL}={self.order.stack}"

    @property
    def _refusals(self) -> tuple[type[Exception], ...]:
        from keystoneauth1.exceptions import ClientException  # noqa: PLC0415 - the SDK takes a second to import
        from openstack.exceptions import SDKException  # noqa: PLC0415

        return (ClientException, SDKException)

    def _ask(self, question: Callable[[Connection], T]) -> T:
        """What the region answers.

        Raises:
            BakeError: it does not.
        """
        if self.stop.is_set():
            raise BakeError(f"{self.order.region}: was interrupted")
        try:
            return told(self.order.region, question, lambda _: self.connection)
        except AskingError as error:
            raise BakeError(str(error)) from error

    def _until(self, lacking: Callable[[], str], seconds: float, what: str) -> None:
        def look() -> str:
            if self.stop.is_set():
                raise BakeError(f"{self.order.region}: was interrupted")
            return lacking()

        until(look, seconds=seconds, what=f"{self.order.region}: {what}", error=BakeError, pause=self.pause)

    def _say(self, what: str) -> None:
        say(f"{self.order.region}: {self.order.builder} {what}")
