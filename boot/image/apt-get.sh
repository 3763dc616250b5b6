#!/bin/sh
# cloud-init's apt-get on an image of ours: what is installed is not asked for again, so that a server needs no mirror
# at its first boot. What the image lacks is fetched as ever.
set -eu
fetch() {
    apt-get --option=Dpkg::Options::=--force-confold --assume-yes --quiet "$@"
}
lacking() {
    for package in "$@"; do
        [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || return 0
    done
    return 1
}
case $1 in
update) ;; # by what installs
install)
    shift
    if lacking "$@"; then
        fetch update
        fetch install "$@"
    fi
    ;;
*) fetch "$@" ;;
esac
