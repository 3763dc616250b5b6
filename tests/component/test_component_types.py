"""Names that users' states hold: a renamed type or resource is a replacement of what they have deployed."""

import importlib
import inspect
import pkgutil
import re

import components
from components.base import Component
from tests.component.cloud import GROUP, RULE, Deployed

TYPES = {
    "Site": "multiparty-meeting:site:Site",
    "LocalNetwork": "multiparty-meeting:network:LocalNetwork",
    "Backbone": "multiparty-meeting:network:Backbone",
    "Security": "multiparty-meeting:security:Security",
    "Edge": "multiparty-meeting:edge:Edge",
    "MeetingNode": "multiparty-meeting:meeting:MeetingNode",
    "Protection": "multiparty-meeting:protection:Protection",
    "RedisNode": "multiparty-meeting:redis:RedisNode",
    "Witness": "multiparty-meeting:witness:Witness",
}
# Components that others are made of; nothing of their type is ever registered.
BASES = {"Component", "Server"}

# Parent, type (of openstack's, in short) and name of everything at a service site, but for groups and rules.
GRA = """
(the stack)             site:Site                  gra
gra                     network:LocalNetwork       gra-local
gra                     network:Backbone           gra-backbone
gra                     security:Security          gra-security
gra                     edge:Edge                  gra-edge
gra                     redis:RedisNode            gra-redis
gra                     meeting:MeetingNode        gra-meeting-1
gra                     protection:Protection      gra-protection
gra-local               Network                    production-gra-local
gra-local               Subnet                     production-gra-local
gra-local               Router                     production-gra-local
gra-local               RouterInterface            production-gra-local
gra-backbone            Network                    production-gra-backbone
gra-backbone            Subnet                     production-gra-backbone
gra-edge                Port                       production-gra-edge-1-local
gra-edge                Port                       production-gra-edge-1-backbone
gra-edge                FloatingIp                 production-gra-edge-1
gra-edge                FloatingIpAssociate        production-gra-edge-1
gra-edge                Instance                   production-gra-edge-1
gra-edge                Command                    gra-edge-ready
gra-redis               Port                       production-gra-redis-1-local
gra-redis               Port                       production-gra-redis-1-backbone
gra-redis               Instance                   production-gra-redis-1
gra-redis               Command                    gra-redis-ready
gra                     ServerGroup                production-gra-meeting
gra-meeting-1           Port                       production-gra-meeting-1-local
gra-meeting-1           Port                       production-gra-meeting-1-backbone
gra-meeting-1           FloatingIp                 production-gra-meeting-1
gra-meeting-1           FloatingIpAssociate        production-gra-meeting-1
gra-meeting-1           Instance                   production-gra-meeting-1
gra-meeting-1           Command                    gra-meeting-1-ready
"""


def _components() -> dict[str, type[Component]]:
    """Every component of the program, found by importing every module of the room."""
    modules = [
        importlib.import_module(f"components.{module.name}") for module in pkgutil.iter_modules(components.__path__)
    ]
    return {
        name: found
        for module in modules
        for name, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, Component)
    }


def test_every_component_has_its_type_in_the_table() -> None:
    """A new component needs a line above; a changed token fails here first."""
    found = {name: component.__dict__.get("TYPE") for name, component in _components().items() if name not in BASES}
    assert found == TYPES


def test_bases_have_no_type_of_their_own() -> None:
    """Nobody can register a resource of a type that the table does not have."""
    assert not [name for name in BASES if "TYPE" in _components()[name].__dict__]


def test_every_type_is_registered_under_its_token(gra: Deployed, witness: Deployed) -> None:
    """What the engine gets, over both kinds of site, is the table and nothing else of ours."""
    types = {resource.type for site in (gra, witness) for resource in site.registered}
    assert {token for token in types if token.startswith("multiparty-meeting:")} == set(TYPES.values())


def test_parents_types_and_names_are_these(gra: Deployed) -> None:
    """The whole tree of a service site."""

    def parent(urn: str) -> str:
        return "(the stack)" if "::pulumi:pulumi:Stack::" in urn else urn.rsplit("::", maxsplit=1)[-1]

    def short(token: str) -> str:
        ours = token.startswith("multiparty-meeting:")
        return token.removeprefix("multiparty-meeting:") if ours else token.rsplit(":", maxsplit=1)[-1]

    found = [
        (parent(resource.options.parent), short(resource.type), resource.name)
        for resource in gra.registered
        if resource.type not in (GROUP, RULE)
    ]
    assert sorted(found) == sorted(tuple(re.split(r" {2,}", line)) for line in GRA.strip().splitlines())


def test_no_urn_is_twice(gra: Deployed, three_nodes: Deployed, witness: Deployed, external: Deployed) -> None:
    """The mocks do not mind; the engine does."""
    for site in (gra, three_nodes, witness, external):
        urns = [resource.urn for resource in site.registered]
        assert len(urns) == len(set(urns)) > 15


def test_the_table_of_types_is_what_urns_are_made_of(gra: Deployed) -> None:
    """The canonical form, as `pulumi stack export` shows it."""
    edge = gra.one(TYPES["Edge"], "gra-edge")
    assert edge.urn.endswith("::multiparty-meeting:site:Site$multiparty-meeting:edge:Edge::gra-edge")
