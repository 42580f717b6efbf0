#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs "ansible-test sanity" in the current directory, on every Python that can be found.
#
# Usage: sanity.sh VENV HOME_FOR_ANSIBLE_TEST
set -eu

venv=$1
home=$2
setup=$(cd "$(dirname "$0")" && pwd)

if ls tests/sanity/ignore* >/dev/null 2>&1; then
    echo "No sanity test is ignored in this collection: remove tests/sanity/ignore*" >&2
    exit 1
fi

# The user's home stays untouched; of it, the settings and downloads of pip are needed.
mkdir -p "$home/.config" "$home/.cache" "$home/.ansible/test/cache"
for part in .config/pip .cache/pip; do
    rm -f "$home/$part"
    ln -s "$HOME/$part" "$home/$part"
done

# ansible-test downloads a script that puts pip into its virtual environments, unless it is there.
# Python has all that is needed on board.
version=$("$venv/bin/python" "$setup/pip_version.py")
cp "$setup/get_pip.py" "$home/.ansible/test/cache/get_pip_$version.py"

# A version manager's "shims" need its environment, which ansible-test does not pass on: the
# directories of the interpreters behind them take their place.
path=$venv/bin
IFS=:
for directory in $PATH; do
    case $directory in
    */shims)
        for interpreter in "${directory%/shims}"/versions/*/bin/python3.[0-9]*[0-9]; do
            case $interpreter in *'*'*) continue ;; esac
            path=$path:${interpreter%/*}
        done
        ;;
    *) path=$path:$directory ;;
    esac
done
unset IFS

HOME=$home PATH=$path exec ansible-test sanity --color no
