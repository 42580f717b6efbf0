#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Builds the image of the persistence service, with Docker.
#
# Usage: image.sh PYTHON NAME BASE WHEELS
#
# BASE is the image that it is built on, where it is not the one of the Containerfile; WHEELS a folder with all wheels
# of roles/persistence/files/requirements.txt, for builds that reach no package index. Both may be empty.
set -eu

python=$1
name=$2
base=$3
wheels=$4
files=$(cd "$(dirname "$0")/../.." && pwd)/roles/persistence/files

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM

"$python" "$files/make_context.py" "$files/../../.." "$files/requirements.txt" "$wheels" "$folder/context.tar"
docker build --file Containerfile ${base:+--build-arg "BASE=$base"} --tag "$name" - <"$folder/context.tar"
# what only the build needed
docker image prune --force --filter label=org.longshore.storage.stage >/dev/null
