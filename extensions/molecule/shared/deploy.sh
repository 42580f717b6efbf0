#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The servers' hook: notes what it was called with, and fails where there is a file that says so.
set -eu

if [ -e /etc/deploy-fails ]; then
    echo "This host does not like $DISTSYNC_VERSION."
    exit 1
fi
echo "$DISTSYNC_NAME $DISTSYNC_VERSION" >deployed
