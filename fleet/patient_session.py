"""The HTTP of OpenStack's SDK, which asks an API again that refuses for a moment.

OVHcloud answers 429 above 20 requests a second and project, and above 60 tokens a minute and user: to an operator's
command as to the `pulumi up` beside it. The SDK would take the first refusal for the answer, and while it looks for a
service's versions it would go on with an address that is wrong.
"""

import time
from typing import Any

from keystoneauth1.exceptions import ConnectFailure, ConnectTimeout, HttpError
from keystoneauth1.session import Session
from requests import Response

# Seconds within which one request is made again, and between two of them unless the API says how many.
AGAIN_SECONDS = 3.0
PAUSE = 1.0
# Who answers so has done nothing.
_REFUSALS = (429, 503)
_READING = ("GET", "HEAD")
_TOKENS = "/auth/tokens"  # of which one too many harms nobody


class PatientSession(Session):
    """A session of keystoneauth's."""

    def request(self, url: str, method: str, *args: Any, **more: Any) -> Response:  # noqa: ANN401 - as the base has it
        """One request; made again where that cannot do a second time what was asked for."""
        begun = time.monotonic()
        while True:
            left = begun + AGAIN_SECONDS - time.monotonic()
            try:
                answer = super().request(url, method, *args, **more)
                pause = _pause(answer)
                if pause is None or pause > left:
                    return answer
            except HttpError as error:
                pause = _pause(error.response)
                if pause is None or pause > left:
                    raise
            except ConnectTimeout:
                raise
            except ConnectFailure:
                pause = PAUSE
                if pause > left or not (method in _READING or url.endswith(_TOKENS)):
                    raise
            time.sleep(pause)


def _pause(answer: Response | None) -> float | None:
    """Seconds after which to ask again; None: that was the answer."""
    if answer is None or answer.status_code not in _REFUSALS:
        return None
    said = answer.headers.get("Retry-After", "")
    return float(said) if said.isdecimal() else PAUSE
