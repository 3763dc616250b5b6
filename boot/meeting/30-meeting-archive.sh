#!/bin/sh
# The meeting server from its archive, once; a wrong checksum stops the boot here.
set -eu
. /etc/multiparty/boot.env
archive=$(mktemp)
curl --fail --silent --show-error --location --retry 10 --retry-all-errors --output "$archive" "$ARCHIVE_URL"
echo "$ARCHIVE_SHA256  $archive" | sha256sum --check --quiet
mkdir -p "$SERVER_HOME"
tar --extract --gzip --no-same-owner --file "$archive" --directory "$SERVER_HOME"
rm -f "$archive"
