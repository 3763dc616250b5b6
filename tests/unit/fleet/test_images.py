"""`make status` knows how old images are, and who booted another one than its site's baked one."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from fleet import images
from fleet.bounded import AskingError
from fleet.fleet import described
from fleet.outputs import StackOutputs
from fleet.stacks import Stack
from tests.configuration import IMAGE_ID, OTHER_IMAGE_ID

NOW = datetime(2026, 12, 28, 14, 32, tzinfo=UTC)


def _stack(directory: Path, site: str, region: str, date: str | None) -> Stack:
    image: dict[str, Any] = {"name": "ours", "id": IMAGE_ID}
    if date:
        image["baked"] = {"date": date, "release": "sha256:0123456789ab", "stock": "Debian 12"}
    path = directory / f"Pulumi.{site}.yaml"
    keys = {"site": site, "region": region, "image": image}
    path.write_text(yaml.safe_dump({"config": {f"multiparty-meeting:{key}": value for key, value in keys.items()}}))
    return Stack(site, path)


def test_an_old_image_and_a_server_of_another_one_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A month is in time. A stock image is as old as its oldest server; where the region does not say, nobody knows."""
    booted = {
        "GRA11": {"gra-1": (IMAGE_ID, "2026-11-28T14:40:00Z"), "gra-2": (OTHER_IMAGE_ID, "2026-10-01T00:00:00Z")},
        "SBG7": {"sbg-1": (IMAGE_ID, "2026-11-27T14:40:00Z")},
        "UK1": {"s": (IMAGE_ID, "2026-12-28T00:00:00Z"), "t": (OTHER_IMAGE_ID, "2026-11-27T14:31:00Z")},
        "WAW1": {"u": (IMAGE_ID, "2026-11-28T14:31:00Z"), "somebody's": (IMAGE_ID, "2025-11-28T14:31:00Z")},
    }

    def told(region: str, question: Any) -> Any:  # noqa: ANN401 - a connection has no type
        if region not in booted:
            raise AskingError(f"{region} does not say: HTTP 503")
        servers = [
            SimpleNamespace(id=id_, image=SimpleNamespace(id=image), created_at=made)
            for id_, (image, made) in booted[region].items()
        ]
        servers.append(SimpleNamespace(id="of a volume", image=None))
        return question(SimpleNamespace(compute=SimpleNamespace(servers=lambda details: servers)))

    monkeypatch.setattr(images, "told", told)
    server = {"role": "redis", "backbone_address": "10.17.0.6"}
    fleet = described(
        [
            StackOutputs.model_validate(
                {
                    "environment": "production",
                    "site": site,
                    "servers": {f"{id_}-name": {"id": id_, **server} for id_ in ids},
                }
            )
            for site, ids in (
                ("gra", ["gra-1", "gra-2"]),
                ("sbg", ["sbg-1"]),
                ("witness", ["w"]),
                ("stock", ["s", "t"]),
                ("young", ["u"]),
                ("away", ["a"]),
            )
        ]
    )
    stacks = [
        _stack(tmp_path, "gra", "GRA11", "2026-11-28T14:32Z"),
        _stack(tmp_path, "sbg", "SBG7", "2026-11-27T14:32Z"),
        _stack(tmp_path, "witness", "DE1", "2026-12-28T14:00Z"),
        _stack(tmp_path, "stock", "UK1", None),
        _stack(tmp_path, "young", "WAW1", None),
        _stack(tmp_path, "away", "BHS5", None),
    ]
    found = {finding.what: (finding.good, finding.said) for finding in images.image_findings(stacks, fleet, NOW)}
    assert found == {
        "image gra": (False, "ours, baked 30 days ago; gra-2-name booted another one: make roll SITE=gra"),
        "image sbg": (False, "ours, baked 31 days ago; make images STACK=sbg BAKE=1, then make roll SITE=sbg"),
        "image witness": (True, "ours, baked 0 days ago"),
        "image stock": (
            False,
            "ours, at least 31 days old; make images STACK=stock REFRESH=1, then make roll SITE=stock",
        ),
        "image young": (True, "ours, at least 30 days old"),
    }
