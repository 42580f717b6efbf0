#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Has other people's collections in a folder of collections. They come from PyPI's package "ansible", without the rest
# of it.
#
# Usage: collections.sh PYTHON FOLDER NAMESPACE.NAME…
set -eu

python=$1
folder=$2
shift 2
setup=$(cd "$(dirname "$0")" && pwd)

version=$(sed -n 's/^ansible==/ansible==/p' "$setup/../constraints.txt")
stamp=$folder/made-from
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$version $*" ]; then
    exit 0
fi

echo "Unpacking $* of $version into $folder"
download=$(mktemp -d)
trap 'rm -rf "$download"' EXIT
trap 'exit 1' HUP INT TERM
"$python" -m pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary=:all: \
    --dest "$download" "$version"
"$python" "$setup/unpack_collections.py" "$download"/ansible-*.whl "$folder" "$@"
printf '%s\n' "$version $*" >"$stamp"
