"""What must be the same everywhere and secret, and what stands beside it while it is rotated."""

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from settings.refused import refused
from settings.section import Section
from settings.types import URL

# The one name in the fleet's own certificate, which is between the edges and the meeting nodes: edges ask for it,
# instances answer to it. ICANN reserved ".internal" for private use (2024-07-29).
FLEET_NAME = "fleet.multiparty-meeting.internal"

# The user that Redis servers, Sentinels and exporters are at each other.
FLEET_USER = "fleet"

# What Redis' and Sentinel's files, HAProxy's, systemd's environment files and sh all take for itself.
_REDIS_PASSWORD = re.compile(r"[A-Za-z0-9._~-]+")


def _for_all_readers(password: SecretStr) -> SecretStr:
    if not _REDIS_PASSWORD.fullmatch(password.get_secret_value()):
        raise refused("redis_password", "must be letters, digits and . _ ~ -; `make secrets` makes one")
    return password


# A login may stand in it, as a receiver of alerts may want one.
_SECRET_URL = URL.replace("//", r"//([A-Za-z0-9._~%!$&'()*+,;=:-]+@)?", 1)


def _address(url: SecretStr) -> SecretStr:
    if not re.fullmatch(_SECRET_URL, url.get_secret_value()):
        raise refused("url", "must be an http:// or https:// address, without spaces and line ends")
    return url


SecretUrl = Annotated[SecretStr, AfterValidator(_address)]
RedisPassword = Annotated[SecretStr, AfterValidator(_for_all_readers)]


class Secrets(Section):
    """The secrets of a stack; made, spread and rotated by `make secrets`.

    `_next` is accepted before it is used, `_previous` still accepted afterwards: sites change one after the other.
    """

    cookie_secret: SecretStr = Field(description="Signs the sessions' cookies.")
    cookie_secret_next: SecretStr | None = Field(
        default=None, description="Accepted before it is used, while it is rotated."
    )
    cookie_secret_previous: SecretStr | None = Field(
        default=None, description="Still accepted after it was used, while it is rotated."
    )
    redis_password: RedisPassword = Field(description="What meeting servers say to Redis and to the Sentinels.")
    redis_password_next: RedisPassword | None = Field(
        default=None, description="Accepted before it is used, while it is rotated."
    )
    redis_password_previous: RedisPassword | None = Field(
        default=None, description="Still accepted after it was used, while it is rotated."
    )
    redis_fleet_password: RedisPassword | None = Field(
        default=None,
        description="What Redis servers, Sentinels and exporters say, as the user `fleet`; no meeting node knows it. "
        "Without it they say `redis_password`, with which meeting servers may do everything.",
    )
    redis_fleet_password_next: RedisPassword | None = Field(
        default=None, description="Accepted before it is used, while it is rotated."
    )
    redis_fleet_password_previous: RedisPassword | None = Field(
        default=None, description="Still accepted after it was used, while it is rotated."
    )
    fleet_certificate: SecretStr = Field(description="The instances' certificate, which edges trust.")
    fleet_certificate_next: SecretStr | None = Field(
        default=None, description="Accepted before it is used, while it is rotated."
    )
    fleet_certificate_previous: SecretStr | None = Field(
        default=None, description="Still accepted after it was used, while it is rotated."
    )
    fleet_key: SecretStr = Field(description="Its key.")
    fleet_key_next: SecretStr | None = Field(
        default=None, description="Accepted before it is used, while it is rotated."
    )
    edge_certificate: SecretStr | None = Field(
        default=None, description="Your own certificate: `edge.certificate` of type provided."
    )
    edge_key: SecretStr | None = Field(default=None, description="Its key.")
    relay_certificate: SecretStr | None = Field(
        default=None, description="The certificate of this site's names of `meeting.relay`, of type provided."
    )
    relay_key: SecretStr | None = Field(default=None, description="Its key.")
    turn_credential: SecretStr | None = Field(default=None, description="The password at `meeting.turn`.")
    meeting_config: SecretStr | None = Field(
        default=None,
        description="The meeting server's own secrets, as JSON: keys of config.js, laid upon `meeting.config` (an OIDC "
        "client's secret, LTI, SAML's keys, turnAPIKey).",
    )
    meeting_config_file: SecretStr | None = Field(
        default=None,
        description="JavaScript that is required last of what is yours: what it exports, such as a function "
        "`userMapping`, is laid upon `meeting_config`.",
    )
    registry_password: SecretStr | None = Field(
        default=None, description="The password of `meeting.delivery.registry_user`."
    )
    smtp_password: SecretStr | None = Field(
        default=None, description="The password of `monitoring.mail.user`; the witness' stack."
    )
    alert_webhook_url: SecretUrl | None = Field(
        default=None, description="Where alerts are posted: `monitoring.webhook`; the witness' stack."
    )
    alert_slack_url: SecretUrl | None = Field(
        default=None, description="A chat's incoming webhook: `monitoring.slack`; the witness' stack."
    )
    dead_mans_switch_url: SecretUrl | None = Field(
        default=None,
        description="Who is told that monitoring lives: `monitoring.dead_mans_switch`; the witness' stack.",
    )

    @property
    def cookie_secrets(self) -> tuple[str, ...]:
        """Those that a session's cookie may be signed with; new ones are signed with the first."""
        return _clear(self.cookie_secret, self.cookie_secret_next, self.cookie_secret_previous)

    @property
    def redis_passwords(self) -> tuple[str, ...]:
        """Those that Redis and Sentinel take of meeting servers, which say the first."""
        return _clear(self.redis_password, self.redis_password_next, self.redis_password_previous)

    @property
    def redis_fleet_passwords(self) -> tuple[str, ...]:
        """Those that Redis and Sentinel take of each other; they say the first, which may be the meeting servers'."""
        own = _clear(self.redis_fleet_password, self.redis_fleet_password_next, self.redis_fleet_password_previous)
        return own if self.redis_fleet_password else (*self.redis_passwords, *own)

    @property
    def fingerprints(self) -> dict[str, str]:
        """`fingerprints` of these."""
        return fingerprints({key: value.get_secret_value() for key, value in self if value})

    @property
    def redis_user(self) -> str:
        """The user that servers say they are; empty while they say the meeting servers' password."""
        return FLEET_USER if self.redis_fleet_passwords[0] != self.redis_passwords[0] else ""

    @property
    def fleet_certificates(self) -> tuple[str, ...]:
        """Those that an edge takes from an instance; instances have the first."""
        return _clear(self.fleet_certificate, self.fleet_certificate_next, self.fleet_certificate_previous)


# In the place of a secret that is hidden, or not made yet: each is taken by the rules of its key.
STAND_INS = {
    key: "https://stand-in.internal/" if key.endswith("_url") else "{}" if key == "meeting_config" else "stand-in"
    for key in Secrets.model_fields
}


def fingerprints(held: Mapping[str, str]) -> dict[str, str]:
    """What tells whether two stacks hold the same of each secret that is rotated, and in the same round.

    Args:
        held: the secrets in clear, by key.

    Returns:
        By the key that is in use: a digest of it and of what is accepted beside it.
    """
    keys = [key for key in Secrets.model_fields if f"{key}_next" in Secrets.model_fields]
    rounds = {key: [f"{name}={held.get(name, '')}" for name in (key, f"{key}_next", f"{key}_previous")] for key in keys}
    return {key: hashlib.sha256("\0".join(said).encode()).hexdigest() for key, said in rounds.items()}


def _clear(*secrets: SecretStr | None) -> tuple[str, ...]:
    return tuple(secret.get_secret_value() for secret in secrets if secret)
