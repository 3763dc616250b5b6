"""The program deployed to the lab, from outside, as a user does: the Pulumi CLI in a workspace, three stacks."""

import json
import os
import secrets
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleet import certificates
from fleet.environment import settings_of
from fleet.fleet import DeployedServer, Fleet, described
from fleet.outputs import StackOutputs
from fleet.pulumi import command
from fleet.stacks import Stack, StackError, stacks
from lab import engine, meeting_archive, own_server, workspace
from lab.cloud import layout
from lab.lab import Lab
from lab.workspace import DOMAIN, ENVIRONMENT, SITES, STACKS, WITNESS
from settings.environment import Environment

REGIONS = {f"{ENVIRONMENT}-{site}": region.name for site, region in zip(SITES, layout.ALL_REGIONS, strict=True)}
# Commands inside the lab reach floating IPs from the first address of each region's external network.
CLIENTS = [f"{region.external}.1/32" for region in layout.ALL_REGIONS]


@dataclass(frozen=True)
class Deployment:
    """The three stacks of a lab, in a workspace below its state directory."""

    lab: Lab

    @property
    def directory(self) -> Path:
        """The Pulumi workspace."""
        return self.lab.home / "workspace"

    @property
    def authority(self) -> Path:
        """The certificate of the private authority that signs the edges' certificate."""
        return self.lab.home / "authority.pem"

    @property
    def identity(self) -> Path:
        """The operator's private SSH key."""
        return self.lab.home / "operator"

    @property
    def agent(self) -> Path:
        """The socket of the operator's SSH agent: with its key `pulumi up` logs in to servers."""
        return self.lab.home / "agent.sock"

    @property
    def ssh_directory(self) -> Path:
        """Where the SSH configuration is written."""
        return self.lab.home / "ssh"

    def environment(self, stack: str | None = None) -> dict[str, str]:
        """The environment that the CLI runs in: engine, backend, passphrase, and the region's credentials."""
        base = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "PULUMI_"))}
        return {
            **base,
            **engine.environment(),
            # Without the sidecar files, which are not written in one piece: a stack that reads its peer's outputs while
            # the peer is deployed would fail with "failed to load checkpoint: EOF".
            "PULUMI_BACKEND_URL": f"file://{self.lab.home}/state?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.lab.home / "passphrase"),
            "SSH_AUTH_SOCK": str(self.agent),
            **(self.lab.openrc(REGIONS[stack]) if stack else {}),
        }

    def prepare(self, changes: Mapping[str, Any] | None = None, names: Sequence[str] = STACKS) -> None:
        """Workspace, stacks, shared secrets and image ids; what is there already stays.

        Args:
            changes: laid upon the lab's environment, mapping by mapping.
            names: the stacks.
        """
        (self.lab.home / "state").mkdir(parents=True, exist_ok=True)
        _once(self.lab.home / "passphrase", lambda: secrets.token_hex(32))
        self._run_agent()
        self.configure(changes)
        for name in names:
            self.run(name, command("stack", "select", "--create", name))
        self.run(names[0], ["python", "-m", "ops", "secrets", *names])
        self._certify(stacks(list(names), self.directory))
        if WITNESS in names:
            self._receivers(stacks([WITNESS], self.directory)[0])
        for name in names:
            self.run(name, ["python", "-m", "ops", "images", name])

    def configure(self, changes: Mapping[str, Any] | None = None) -> None:
        """Other settings for what is prepared: the workspace alone is written.

        Args:
            changes: laid upon the lab's environment, mapping by mapping.
        """
        own = own_server.chosen(self.lab.home)
        archive = own.archive if own else meeting_archive.build()
        operators = {"cidrs": CLIENTS, "ssh_public_key": self._operator_key()}
        wanted = {"operators": operators, **(changes or {})}
        url = self.lab.publish(archive.path)
        hypervisor = self.lab.hypervisor
        kind = own.kind if own else None
        workspace.write(
            self.directory, archive, url, layout.SERVICES_HOST, hypervisor=hypervisor, server=kind, changes=wanted
        )

    def run(
        self, stack: str, argv: Sequence[str], *, stdin: str = "", timeout: float = 120, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside the lab, in the workspace, with the stack's credentials.

        Raises:
            StackError: it failed and `check` is set; with the end of what it said.
            subprocess.TimeoutExpired: it took longer than `timeout` seconds.
        """
        done = subprocess.run(
            self.inside(argv),
            env=self.environment(stack),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and done.returncode:
            said = (done.stdout + done.stderr)[-6000:]
            raise StackError(f"{stack}: {' '.join(argv[:4])}: exit status {done.returncode}\n{said}")
        return done

    def inside(self, argv: Sequence[str]) -> list[str]:
        """The command line that runs a command inside the lab, in the workspace."""
        return self.lab.enter(["env", "-C", str(self.directory), *argv])

    def pulumi(
        self, stack: str, *args: str, timeout: float = 900, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run the CLI on a stack inside the lab; its output is in plain text."""
        return self.run(stack, command(*args, stack=stack), timeout=timeout, check=check)

    def preview(self, stack: str, *args: str) -> dict[str, Any]:
        """The stack's preview, as `pulumi preview --json` describes it."""
        shown: dict[str, Any] = json.loads(self.pulumi(stack, "preview", "--json", *args, timeout=300).stdout)
        return shown

    def outputs(self, stack: str) -> StackOutputs:
        """The stack's outputs."""
        return StackOutputs.model_validate_json(self.pulumi(stack, "stack", "output", "--json").stdout)

    def urn(self, server: DeployedServer) -> str:
        """What the engine calls a server of a site's stack, for `--replace`."""
        resources = json.loads(self.pulumi(f"{ENVIRONMENT}-{server.site}", "stack", "export").stdout)
        return next(str(one["urn"]) for one in resources["deployment"]["resources"] if one.get("id") == server.id)

    def fleet(self) -> Fleet:
        """The servers, as the stacks' outputs describe them."""
        with ThreadPoolExecutor(len(STACKS)) as stacks_at_once:
            return described(list(stacks_at_once.map(self.outputs, STACKS)))

    def settings(self) -> Environment:
        """The environment that the stacks are of, as their files have it now."""
        return settings_of(stacks([STACKS[0]], self.directory)[0])

    def secret(self, key: str) -> str:
        """One of the shared secrets, in clear."""
        shown = self.pulumi(STACKS[0], "config", "get", key).stdout
        return shown.strip()

    def set_dns_records(self, names: Sequence[str] = STACKS) -> None:
        """Set the records that the stacks export in the lab's name server, as an operator does at the registrar's."""
        records = [record for name in names for record in self.outputs(name).dns_records]
        addresses = {(r.name, r.value) for r in records if r.type == "A" and r.value}
        hosts = {(layout.ACME_NAME, layout.SERVICES_HOST), *((name.rstrip("."), value) for name, value in addresses)}
        delegated = {(r.name, r.value) for r in records if r.type == "NS" and r.value}
        forwards = {
            (zone.rstrip("."), value) for zone, server in delegated for name, value in addresses if name == server
        }
        for file, lines in (
            (layout.DNS_HOSTS, [f"{address} {name}\n" for name, address in sorted(hosts)]),
            (layout.DNS_FORWARDS, [f"server=/{zone}/{address}\n" for zone, address in sorted(forwards)]),
        ):
            (self.lab.home / file.name).write_text("".join(lines))

    def _operator_key(self) -> str:
        if not self.identity.exists():
            generate = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", str(self.identity)]
            subprocess.run(generate, check=True)
        return self.identity.with_suffix(".pub").read_text().strip()

    def _run_agent(self) -> None:
        """An agent with the operator's key; inside the lab, so that it ends with it."""
        environment = {"SSH_AUTH_SOCK": str(self.agent)}
        self._operator_key()
        if self.lab.run(["ssh-add", "-l"], env=environment, quiet=True).returncode:
            self.agent.unlink(missing_ok=True)
            self.lab.run(["ssh-agent", "-a", str(self.agent)], quiet=True)
            self.lab.run(["ssh-add", str(self.identity)], env=environment, quiet=True)

    def _receivers(self, witness: Stack) -> None:
        """Where monitoring tells: an address of the lab's, which answers while somebody listens."""
        for key, path in (("alert_webhook_url", "alerts"), ("dead_mans_switch_url", "switch")):
            if key not in witness.raw():
                url = f"http://{layout.SERVICES_HOST}:{layout.ALERTS_PORT}/{path}"
                self.run(witness.name, command("config", "set", "--secret", key, stack=witness.name), stdin=url)

    def _certify(self, fleet: list[Stack]) -> None:
        """The edges' certificate, from a private authority that lives as long as the lab's state."""
        if all("edge_certificate" in stack.raw() for stack in fleet):
            return
        authority, held = certificates.edge_secrets("lab authority", DOMAIN)
        self.authority.write_text(authority)
        for stack in fleet:
            for key, value in held.items():
                self.run(stack.name, command("config", "set", "--secret", key, stack=stack.name), stdin=value)


def _once(path: Path, make: Any) -> None:  # noqa: ANN401 - any maker of text
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(make())
