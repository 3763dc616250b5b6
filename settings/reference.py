"""docs/settings.md and settings.schema.json, made from the models.

python -m ops settings    write both anew
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from settings.effects import effect
from settings.keys import Key, keys
from settings.kinds import kind
from settings.schema import schema_text
from settings.secrets import Secrets

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "docs/examples"
_ENVIRONMENT = "environments.<environment>."
_HEAD = """\
# Settings

Every key that you may write, made from the program's own models by `make settings`. What the sites of an environment
share stands in `Pulumi.yaml`, below `environments.<environment>`; what belongs to one site stands in
`Pulumi.<stack>.yaml`. An editor with YAML's language server checks both against
[settings.schema.json](../settings.schema.json) as you type; `pulumi preview` names every mistake at once.

- A key of a section that has kinds, such as `backbone(vrack).vlan`, is written `vlan`, below `backbone`, with
  `type: vrack`.
- A duration has its unit in the value: `500ms`, `2.5s`, `5m`, `12h`, `15d`.
- *A change* says what becomes of servers that run, at all sites. *Replaces* makes them anew, with their addresses;
  *pushed to* tells them while they run; *rules* are security groups'; *networks* makes networks or subnets anew, and
  what stands on them: plan it as a rebuild, site by site. Without `operators.cidrs` nothing can be pushed: edges are
  replaced instead.
"""
_COLUMNS = "| key | what it is | type | default | allowed | a change |\n|---|---|---|---|---|---|\n"
_SECTIONS = (
    ("Required", "Without these nothing is deployed."),
    ("Optional", "What an operator chooses; a default of *required* means: where its section is written at all."),
    ("Advanced", "Times of checks, thresholds and the like: the shipped values were measured, and hold together."),
)
_PLACES = (("An environment's, in `Pulumi.yaml`", True), ("A site's, in `Pulumi.<stack>.yaml`", False))
_SECRETS = """\
## Secrets

Encrypted, in each stack's file; `make secrets` makes, spreads and rotates those that are always needed. In clear they
are refused.

| key | what it is | needed |
|---|---|---|
"""


def reference() -> str:
    """The text of docs/settings.md."""
    found = list(keys())
    parts = [_HEAD, *(_tables(title, about, found) for title, about in _SECTIONS)]
    return "\n".join([*parts, _SECRETS + "".join(_secret_rows()), "## Examples\n", *_examples()])


def _tables(title: str, about: str, found: Iterable[Key]) -> str:
    lines = [f"## {title}\n\n{about}\n"]
    for place, shared in _PLACES:
        rows = [_row(key) for key in found if key.path.startswith(_ENVIRONMENT) == shared and _section(key) == title]
        lines.append(f"### {title}: {place}\n\n{_COLUMNS}{''.join(rows)}")
    return "\n".join(lines)


def _section(key: Key) -> str:
    return "Required" if key.required else "Advanced" if key.advanced else "Optional"


def _row(key: Key) -> str:
    what = kind(key.field.annotation, key.field.metadata)
    name = f"{what.name}, {what.unit}" if what.unit else what.name
    cells = (
        f"`{key.path.removeprefix(_ENVIRONMENT)}`",
        key.field.description,
        name,
        "*required*" if key.field.is_required() else _default(key.default),
        what.allowed,
        effect(key.path),
    )
    return "| " + " | ".join(str(cell) for cell in cells) + " |\n"


def _default(value: object) -> str:
    if value is None or value in ((), {}):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return ", ".join(f"`{one}`" for one in (value if isinstance(value, tuple) else (value,)))


def _secret_rows() -> Iterator[str]:
    for name, field in Secrets.model_fields.items():
        needed = "always" if field.is_required() else "where what it is for is set"
        yield f"| `{name}` | {field.description} | {needed} |\n"


def _examples() -> Iterator[str]:
    """Each file of docs/examples: laid upon the environment of Pulumi.yaml."""
    yield "Each is laid upon the environment that `Pulumi.yaml` ships; all are [files of their own](examples).\n"
    for path in sorted(EXAMPLES.glob("*.yaml")):
        yield f"### {path.stem.replace('-', ' ').capitalize()}\n\n```yaml\n{path.read_text()}```\n"


def files() -> dict[Path, str]:
    """Both files, with their texts."""
    return {ROOT / "docs/settings.md": reference(), ROOT / "settings.schema.json": schema_text()}


def main() -> int:
    """The command."""
    for path, text in files().items():
        path.write_text(text)
    return 0
