#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# A host's first process: has the container look like a host, then is systemd.
set -eu

# systemd mounts a service's credentials for all to see, which it takes for granted where it does not find otherwise.
mount --make-rshared /
# One hierarchy of control groups, where the kernel has that, is not writable in a container.
if [ -e /sys/fs/cgroup/cgroup.procs ]; then
    mount -o remount,rw /sys/fs/cgroup
fi
exec /sbin/init
