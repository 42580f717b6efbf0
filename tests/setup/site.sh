#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Makes the site, of the guides in docs/ and of what modules and roles say of themselves. A link to a page or heading that
# is not there is an error. In the collection's root.
#
# Usage: site.sh FOLDER, in which source/ and html/ are made anew
set -eu

folder=$1
rm -rf "$folder"
mkdir -p "$folder"
cp -r docs "$folder/source"
antsibull-docs collection --use-current --fail-on-error --no-breadcrumbs --dest-dir "$folder/source" longshore.storage
sphinx-build --quiet --nitpicky --fail-on-warning --keep-going -b html "$folder/source" "$folder/html"
echo "The site is in $folder/html: begin with index.html."
