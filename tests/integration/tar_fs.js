// Copyright (c) 2026, the longshore.storage authors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// What micro-s3-persistence makes of a path, and how it puts that back: with tar-fs, as it does.
//
//   node tar_fs.js save PATH true|false > OBJECT        the last one is its COMPRESS
//   node tar_fs.js restore PATH true|false true|false < OBJECT     iscompressed, isdirectory
"use strict";

const fs = require("fs");
const path = require("path");
const tar = require("tar-fs");
const zlib = require("zlib");

const [task, place, compressed, directory] = process.argv.slice(2);

if (task === "save") {
  const isFile = fs.lstatSync(place).isFile();
  const packed = isFile
    ? tar.pack(path.dirname(place), { entries: [path.basename(place)] })
    : tar.pack(place);
  (compressed === "true" ? packed.pipe(zlib.createGzip()) : packed).pipe(process.stdout);
} else {
  const stored = compressed === "true" ? process.stdin.pipe(zlib.createGunzip()) : process.stdin;
  stored.pipe(tar.extract(directory === "true" ? place : path.dirname(place)));
}
