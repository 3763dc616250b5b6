"""What the DNS has to say of the domain, the delegated zone, and the mail address."""

from collections.abc import Iterator, Sequence

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from ops.preflight.line import Line, good, lacks, unknown
from settings.dns import nameserver
from settings.edge import LETS_ENCRYPT, LETS_ENCRYPT_STAGING, Acme
from settings.environment import Environment

_DNS, _MAIL = "DNS", "mail"
_SECONDS = 5.0
# What an authority is called in CAA records.
_AUTHORITIES = {LETS_ENCRYPT: "letsencrypt.org", LETS_ENCRYPT_STAGING: "letsencrypt.org"}
_NONE = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


def resolver(servers: Sequence[str]) -> dns.resolver.Resolver:
    """Whom to ask: this machine's resolvers, or those named, each with its port behind a colon if it has one."""
    found = dns.resolver.Resolver(configure=not servers)
    if servers:
        found.nameservers = [server.partition(":")[0] for server in servers]
        found.port = int(servers[0].partition(":")[2] or 53)
    found.lifetime = _SECONDS
    return found


def names(env: Environment, ask: dns.resolver.Resolver) -> Iterator[Line]:
    """The domain's records, and the parent of the delegated zone."""
    try:
        zone = _zone_of(env.domain, ask)
        if zone is None:
            yield lacks(_DNS, f"domain = {env.domain}: no zone holds it", "register its domain, or take one of yours")
            return
        yield from _domain(env, ask, zone)
        yield from _delegation(env, ask)
    except dns.exception.DNSException as error:
        yield lacks(
            _DNS, f"domain = {env.domain}: {_why(error)}", "have its zone mended (delegation, DNSSEC), or its resolver"
        )


def mail(env: Environment, ask: dns.resolver.Resolver) -> Iterator[Line]:
    """Whether what the certificates' authority writes is delivered to somebody."""
    certificate = env.edge.certificate
    if not isinstance(certificate, Acme):
        return
    key, host = f"edge.certificate.email = {certificate.email}", certificate.email.rpartition("@")[2]
    try:
        servers = [str(record.exchange) for record in ask.resolve(host, "MX")]
    except dns.resolver.NXDOMAIN:
        yield lacks(_MAIL, f"{key}: there is no {host}", "write an address that somebody reads")
        return
    except dns.resolver.NoAnswer:
        if _has(ask, host, "A") or _has(ask, host, "AAAA"):
            yield good(_MAIL, f"{host} has no MX, and an address that takes its mail")
        else:
            yield lacks(_MAIL, f"{key}: nobody takes mail for {host}, which has no MX", "write an address that is read")
        return
    except dns.exception.DNSException as error:
        yield unknown(_MAIL, f"whether {host} takes mail", _why(error))
        return
    if servers == ["."]:
        yield lacks(_MAIL, f"{key}: {host} says that it takes no mail (RFC 7505)", "write an address of another domain")
    else:
        yield good(_MAIL, f"{host} takes mail")


def _domain(env: Environment, ask: dns.resolver.Resolver, zone: str) -> Iterator[Line]:
    bad = False
    certificate = env.edge.certificate
    authority = _AUTHORITIES.get(certificate.directory) if isinstance(certificate, Acme) else None
    if authority and (allowed := _issuers(env.domain, ask)) is not None and authority not in allowed:
        named = ", ".join(sorted(allowed)) or "nobody"
        bad = True
        yield lacks(_DNS, f"CAA of {env.domain} lets {named} give out certificates", f'add: CAA 0 issue "{authority}"')
    if _has(ask, env.domain, "AAAA"):
        bad = True
        what = f"{env.domain} has an AAAA record, and the edges have no IPv6"
        yield lacks(_DNS, what, "take it out: browsers and the authority would go there first")
    if not bad:
        yield good(_DNS, f"{env.domain} is in zone {zone}; its records follow with `pulumi stack output dns_records`")


def _delegation(env: Environment, ask: dns.resolver.Resolver) -> Iterator[Line]:
    if env.dns is None:
        return
    zone = env.dns.zone
    parent = dns.name.from_text(zone).parent().to_text(omit_final_dot=True)
    if _zone_of(parent, ask) is None:
        yield lacks(
            _DNS,
            f"dns.zone = {zone}: no zone holds {parent}, which would delegate it",
            "take one below a zone of yours",
        )
        return
    own = {nameserver(site, zone) for site in env.sites}
    try:
        named = {record.target.to_text(omit_final_dot=True) for record in ask.resolve(zone, "NS")}
    except _NONE:
        yield good(_DNS, f"{zone} is free; its delegation follows with `pulumi stack output dns_records`")
        return
    except dns.exception.DNSException:
        yield unknown(_DNS, f"whether {zone} is delegated", "before its nameservers run nobody answers for it")
        return
    if others := sorted(named - own):
        yield lacks(
            _DNS, f"dns.zone = {zone}: is delegated to {', '.join(others)}", "take a zone that nobody answers for"
        )
    else:
        yield good(_DNS, f"{zone} is delegated to its own nameservers")


def _zone_of(name: str, ask: dns.resolver.Resolver) -> str | None:
    """The zone that holds a name; none where that is a top-level domain's, or the root."""
    try:
        zone = dns.resolver.zone_for_name(name, resolver=ask)
    except dns.resolver.NoRootSOA:
        return None
    return zone.to_text(omit_final_dot=True) if len(zone.labels) > 2 else None


def _issuers(name: str, ask: dns.resolver.Resolver) -> set[str] | None:
    """Who may give out certificates for a name (RFC 8659): the nearest CAA records upwards; None: anybody."""
    found = dns.name.from_text(name)
    while len(found.labels) > 1:
        try:
            records = ask.resolve(found, "CAA")
            issue = {record.value.decode().partition(";")[0].strip() for record in records if record.tag == b"issue"}
            return issue - {""} if any(record.tag == b"issue" for record in records) else None
        except _NONE:
            found = found.parent()
    return None


def _has(ask: dns.resolver.Resolver, name: str, kind: str) -> bool:
    try:
        return len(ask.resolve(name, kind)) > 0
    except _NONE:
        return False


def _why(error: dns.exception.DNSException) -> str:
    if isinstance(error, dns.resolver.NoNameservers):
        return "no nameserver gives an answer (SERVFAIL)"
    return "no resolver answers" if isinstance(error, dns.exception.Timeout) else str(error)
