"""Every rule of the configuration has a value that it accepts and one that it refuses, in words that help."""

import pytest

from settings.load import SettingsError
from tests.configuration import SECRETS, settings
from tests.unit.settings import (
    rules_of_dns,
    rules_of_environments,
    rules_of_monitoring,
    rules_of_relay,
    rules_of_stacks,
    rules_of_values,
)
from tests.unit.settings.rule_table import Row

ROWS = [
    *rules_of_values.ROWS,
    *rules_of_environments.ROWS,
    *rules_of_stacks.ROWS,
    *rules_of_dns.ROWS,
    *rules_of_monitoring.ROWS,
    *rules_of_relay.ROWS,
]
# What of each secret would be recognised in a message, however the text around it is quoted.
TELLTALES = [
    line for text in SECRETS.values() for line in text.splitlines() if "of the tests" in line.replace("-", " ")
]

each_rule = pytest.mark.parametrize("row", ROWS, ids=[row.rule for row in ROWS])


@each_rule
def test_a_value_that_the_rule_allows_is_accepted(row: Row) -> None:
    """The configuration of the row loads; it differs from the refused one in the key that the rule is about."""
    settings(row.stack, row.accepted, os_region_name=row.accepted_region)


@each_rule
def test_a_value_that_the_rule_forbids_is_refused_in_words(row: Row) -> None:
    """One line names the stack, the key, the value and what is allowed; no line holds the value of a secret."""
    with pytest.raises(SettingsError) as refused:
        settings(row.stack, row.refused, os_region_name=row.refused_region)
    lines = str(refused.value).splitlines()
    assert all(line.startswith(f"stack {row.stack}: ") for line in lines), lines
    assert any(all(words in line for words in row.says) for line in lines), f"no line says {row.says}: {lines}"
    assert len(TELLTALES) == len(SECRETS)
    assert not [telltale for telltale in TELLTALES if telltale in str(refused.value)]


def test_no_row_is_twice() -> None:
    """Each row has a name of its own, so that a failure names the rule."""
    names = [row.rule for row in ROWS]
    assert sorted(names) == sorted(set(names))
