#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Makes the image of the fleet's hosts of Debian's packages, where it is not there.
#
# Usage: molecule_image.sh NAME FOLDER
set -eu

name=$1
folder=$2
if docker image inspect "$name" >/dev/null 2>&1; then
    exit 0
fi
packages=ca-certificates,curl,dbus,iproute2,libpam-systemd,openssh-server,python3,python3-venv,systemd,systemd-sysv
mmdebstrap --quiet --variant=minbase --include="$packages" --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' bookworm "$folder/image.tar"
docker import "$folder/image.tar" "$name" >/dev/null
rm "$folder/image.tar"
