"""Make the bucket of Pulumi's state, and have it keep what is overwritten or deleted.

    python -m ops state-bucket 's3://BUCKET?endpoint=https://s3.waw.io.cloud.ovh.net&region=waw&s3ForcePathStyle=true'

The URL is the one that `pulumi login` takes; without it, the backend that Pulumi is logged in to. The keys of the
bucket's user are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment. One that is there is kept as it is.
"""

import os
from pathlib import Path
from typing import Annotated

from fleet.bounded import AskingError
from fleet.command_line import CommandError
from fleet.state_bucket import bucket
from ops.preflight.state import backend


def main(url: Annotated[str | None, "as `pulumi login` takes it; else where Pulumi is logged in"] = None) -> int:
    """The command."""
    named = url or backend(os.environ, Path.home())
    if not named or not named.startswith("s3://"):
        raise CommandError(f"{named or 'no URL'}: must be one of a bucket, s3://NAME?endpoint=...&region=...")
    try:
        found = bucket(named, os.environ)
        found.make()
        kept = found.versioned()
    except AskingError as error:
        raise CommandError(str(error)) from error
    if not kept:
        raise CommandError(f"bucket {found.name} at {found.endpoint} does not keep versions")
    print(f"bucket {found.name} in {found.region} keeps every version")
    return 0
