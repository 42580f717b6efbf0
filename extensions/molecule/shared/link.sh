#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What becomes of a server's link to all others: a cable that is pulled out, or put in; or one that is slow.
#
# Usage: link.sh up|down|show|RATE SERVER…
#
# RATE is tc's, such as 8mbit, and counts for what comes to the server. "show" says how often something had to wait.
set -eu

state=$1
shift
for server; do
    # The other end of the container's eth0.
    index=$(docker exec "longshore-$server" cat /sys/class/net/eth0/iflink)
    link=$(ip -oneline link | sed -n "s/^$index: \([^@:]*\).*/\1/p")
    case $state in
        up | down) ip link set "$link" "$state" ;;
        show) tc -statistics qdisc show dev "$link" ;;
        *) tc qdisc replace dev "$link" root tbf rate "$state" burst 64kb latency 200ms ;;
    esac
done
