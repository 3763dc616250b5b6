#!/bin/sh
# Files of the web app, once; a wrong checksum, or a directory that is not there, stops the boot here.
set -eu
. /etc/multiparty/boot.env
archive=$(mktemp)
curl --fail --silent --show-error --location --retry 10 --retry-all-errors --output "$archive" "$WEB_FILES_URL"
echo "$WEB_FILES_SHA256  $archive" | sha256sum --check --quiet
install -d -m 0755 "$WEB_FILES"
tar --extract --gzip --no-same-owner --file "$archive" --directory "$WEB_FILES"
rm -f "$archive"
for directory in $WEB_DIRECTORIES; do
    [ -d "$WEB_FILES/$directory" ] || { echo "no directory $directory in $WEB_FILES_URL" >&2; exit 1; }
done
