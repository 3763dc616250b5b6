#!/bin/sh
# Make namespaces as the lab has them, with its own first process, and run the life of a server in them.
#   unshare    beside this file: the command that makes them
#   runtime    beside this file: the lab's scripts and modules
set -e
here=$(dirname "$0") home=/var/lib/lab
mkdir -p $home/log
touch $home/resolv.conf
# shellcheck disable=SC2046 # the command's words
$(cat "$here/unshare") "$here/runtime/holder.sh" $home &
until [ -e $home/held ]; do sleep 0.2; done
# shellcheck disable=SC2046 # the number without the space after it
nsenter -t $(cat /proc/$!/task/$!/children) -n -m -p -- python3 -B -u "$here/life.py"
