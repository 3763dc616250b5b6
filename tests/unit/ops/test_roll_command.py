"""Where a roll refuses to begin; nothing is asked of a cloud before that."""

from pathlib import Path

import pytest

from fleet.command_line import CommandError
from ops.roll.command import main
from tests.configuration import ROOT, deployable


def test_settings_that_are_refused_are_said_to_be() -> None:
    """As the project ships them: no image."""
    with pytest.raises(CommandError, match=r"production: meeting\.delivery\.container\.image: Field required"):
        main(["gra", "sbg", "witness"], site="gra", directory=ROOT)


@pytest.mark.parametrize(
    ("stacks", "site", "said"),
    [
        (["gra", "sbg"], "witness", "--site witness: must be one of gra, sbg"),
        (["gra"], "gra", "production has more sites: name the stacks of sbg, witness as well"),
    ],
)
def test_a_roll_wants_the_word_of_every_site(stacks: list[str], site: str, said: str, tmp_path: Path) -> None:
    """Of the one that is rolled, and of the others."""
    with pytest.raises(CommandError, match=said):
        main(stacks, site=site, directory=deployable(tmp_path))
