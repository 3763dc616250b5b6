"""What a registry says of an image, asked over HTTP of one that is made for it."""

import pytest

from fleet.bounded import AskingError
from fleet.registry import LoginNeededError, digest
from tests.configuration import DIGEST
from tests.unit.registry import registry


@pytest.mark.parametrize("access", ["open", "token"])
def test_a_tag_has_a_digest_with_and_without_a_token_for_anybody(access: str) -> None:
    with registry() as found:
        found.images["team/meeting:1.2"] = DIGEST
        found.access = access
        assert digest(f"{found.host}/team/meeting:1.2") == DIGEST


def test_a_digest_is_asked_for_by_itself() -> None:
    with registry() as found:
        found.images[f"team/meeting:{DIGEST}"] = DIGEST
        assert digest(f"{found.host}/team/meeting:1.2@{DIGEST}") == DIGEST
        assert found.asked == [f"/v2/team/meeting/manifests/{DIGEST}"]


def test_what_is_not_there_needs_a_login_or_does_not_answer_is_said() -> None:
    with registry() as found:
        with pytest.raises(AskingError, match=r"has no team/meeting of 1\.2"):
            digest(f"{found.host}/team/meeting:1.2")
        found.access = "login"
        with pytest.raises(LoginNeededError, match="to nobody without a login"):
            digest(f"{found.host}/team/meeting:1.2")
    with pytest.raises(AskingError, match=r"127\.0\.0\.1 does not answer: ConnectionRefusedError"):
        digest("127.0.0.1:1/team/meeting:1.2")
    with pytest.raises(AskingError, match="names no registry"):
        digest("meeting")
