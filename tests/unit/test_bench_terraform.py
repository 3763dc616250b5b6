"""A stack's resources in Terraform's words."""

import json
from pathlib import Path

import pytest

from lab.bench import terraform

URN = "urn:pulumi:lab-gra::multiparty-meeting::x$openstack:compute/serverGroup:ServerGroup::lab-gra-meeting"


def test_a_server_groups_one_policy_is_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulumi's provider takes it as text, Terraform's refuses that."""
    monkeypatch.setattr(terraform, "_mirror", lambda directory: None)
    group = {
        "urn": URN,
        "id": "1",
        "type": "openstack:compute/serverGroup:ServerGroup",
        "inputs": {"name": "lab-gra-meeting", "policies": "soft-anti-affinity", "__defaults": []},
        "outputs": {"region": "GRA11"},
    }
    assert terraform.write({"deployment": {"resources": [group]}}, tmp_path) == 1
    written = json.loads((tmp_path / "main.tf.json").read_text())["resource"]["openstack_compute_servergroup_v2"]
    assert written == {"lab-gra-meeting": {"name": "lab-gra-meeting", "policies": ["soft-anti-affinity"]}}
