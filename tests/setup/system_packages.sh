#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Sees to the Debian packages that PYTHON's venv module and the LISTs (see system-packages.txt) need.
# As root, missing ones are installed; anybody else is told their names.
#
# Usage: system_packages.sh PYTHON [LIST...]
set -eu

python=$1
shift

is_installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=""
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    missing=$("$python" -c 'import sys; print(" python%d.%d-venv" % sys.version_info[:2])')
for list in "$@"; do
    while read -r package command; do
        case $package in "" | "#"*) continue ;; esac
        if [ -n "$command" ]; then
            command -v "$command" >/dev/null || missing="$missing $package"
        else
            is_installed "$package" || missing="$missing $package"
        fi
    done <"$list"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "System packages are missing; as root, run: apt-get install$missing" >&2
    exit 1
fi

# Packaged daemons must not start: the tests run servers of their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
fi

install_missing() {
    # shellcheck disable=SC2086  # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends \
        -o Dpkg::Options::=--force-confold $missing </dev/null
}

echo "Installing system packages:$missing"
# With package lists that are absent or out of date the first attempt fails.
install_missing >/dev/null 2>&1 || {
    apt-get update --quiet
    install_missing
}
