"""Operators: who may log in, and from where."""

from ipaddress import collapse_addresses

from pydantic import Field

from settings.section import ADVANCED, Refusal, Section
from settings.types import Cidr, SshPublicKey, Switch

# Operators' networks that are wider are refused unless they are insisted on: 65,536 addresses may try to log in.
WIDEST_OPERATORS = 16


class Operators(Section):
    """Who may log in, and from where. Without CIDRs, port 22 is closed everywhere."""

    cidrs: tuple[Cidr, ...] = Field(
        default=(), description="Networks that operators log in from; none: port 22 is closed everywhere."
    )
    wide_cidrs: Switch = Field(
        default=False,
        description=f"Whether `cidrs` may be wider than /{WIDEST_OPERATORS}, though never the whole Internet.",
        json_schema_extra=ADVANCED,
    )
    ssh_public_key: SshPublicKey | None = Field(
        default=None,
        description="The key that servers are made with, as in ~/.ssh/id_ed25519.pub; needed with `cidrs`.",
    )
    ssh_public_keys: tuple[SshPublicKey, ...] = Field(
        default=(),
        description="Who may log in, a key for each person: `make keys` has running servers let in these and no other.",
        json_schema_extra=ADVANCED,
    )


def operator_rules(operators: Operators) -> list[Refusal]:
    """What is wrong with those who may log in."""
    cidrs = operators.cidrs
    key = ("operators", "cidrs")
    refusals = []
    if any(cidr.prefixlen == 0 for cidr in collapse_addresses(cidrs)):
        refusals.append(Refusal(key, ", ".join(map(str, cidrs)), "must not be the whole Internet"))
    elif not operators.wide_cidrs:
        allowed = f"is wider than /{WIDEST_OPERATORS}: name your own networks, or set operators.wide_cidrs: true"
        refusals += [Refusal(key, str(c), allowed) for c in cidrs if c.prefixlen < WIDEST_OPERATORS]
    twice = sorted({str(c) for c in cidrs if cidrs.count(c) > 1})
    refusals += [Refusal(key, cidr, "is named twice") for cidr in twice]
    if operators.cidrs and operators.ssh_public_key is None:
        allowed = "is needed with operators.cidrs: nobody could log in"
        refusals.append(Refusal(("operators", "ssh_public_key"), None, allowed))
    persons = ("operators", "ssh_public_keys")
    if operators.ssh_public_keys and not operators.cidrs:
        refusals.append(Refusal(persons, None, "needs operators.cidrs: port 22 is closed"))
    held = [" ".join(key.split()[:2]) for key in operators.ssh_public_keys]
    refusals += [Refusal(persons, key, "is named twice") for key in sorted({k for k in held if held.count(k) > 1})]
    return refusals
