"""Nova's limit on boot documents is checked before anything is made."""

from base64 import b64encode

import pytest

from boot.document import USER_DATA_LIMIT, render
from boot.size import check_sizes, documents
from settings.load import SettingsError
from tests.configuration import settings


def _padded(size: int) -> dict[str, object]:
    return {"env.meeting.config": {"padding": "x" * size}}


def test_the_shipped_configuration_is_far_below_the_limit() -> None:
    """Of it 3.5 KB are left for a chain of certificates and a configuration of the operator's own.

    The longest is that of an edge whose daemons' configuration cannot be pushed.
    """
    for stack in ("gra", "sbg", "witness"):
        given = settings(stack)
        check_sizes(given)
        assert max(len(render(document)) for document in documents(given)) < USER_DATA_LIMIT - 3500


def test_one_byte_over_the_limit_is_refused_with_the_servers_name() -> None:
    """The last size that passes and the first that does not lie one byte apart; both nodes of the site are named."""
    nodes = {"env.sites.gra.meeting_nodes": 2}
    empty = settings(changes=_padded(0) | nodes)
    longest = max(len(render(document).encode()) for document in documents(empty) if "meeting" in document.hostname)
    room = USER_DATA_LIMIT - longest
    check_sizes(settings(changes=_padded(room) | nodes))
    with pytest.raises(SettingsError) as refused:
        check_sizes(settings(changes=_padded(room + 1) | nodes))
    first, second = str(refused.value).splitlines()
    says = f"= {USER_DATA_LIMIT + 1} bytes: must not be over {USER_DATA_LIMIT} bytes (Nova's limit on user data)"
    assert first.startswith("stack gra: boot document of production-gra-meeting-1 ")
    assert second.startswith("stack gra: boot document of production-gra-meeting-2 ")
    assert says in first and says in second
    assert "shorten meeting.config or the certificates" in first


def test_the_limit_is_the_longest_text_whose_base64_nova_takes() -> None:
    """65,535 characters in groups of four: one byte more of text is a group more."""
    assert len(b64encode(b"x" * USER_DATA_LIMIT)) <= 65_535 < len(b64encode(b"x" * (USER_DATA_LIMIT + 1)))


def test_sizes_are_counted_in_bytes() -> None:
    """A character beyond ASCII is as long as its encoding."""
    room = USER_DATA_LIMIT // 3
    check_sizes(settings(changes=_padded(room)))
    with pytest.raises(SettingsError):
        check_sizes(settings(changes={"env.meeting.config": {"padding": "é" * room}}))


def test_a_site_has_a_document_for_each_server() -> None:
    """The check leaves no server out."""
    names = [document.hostname for document in documents(settings(changes={"env.sites.gra.meeting_nodes": 3}))]
    assert names == [
        "production-gra-edge-1",
        "production-gra-meeting-1",
        "production-gra-meeting-2",
        "production-gra-meeting-3",
        "production-gra-redis-1",
    ]
    assert [document.hostname for document in documents(settings("witness"))] == ["production-witness-witness-1"]
