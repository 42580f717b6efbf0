// Copyright (c) 2026, the longshore.storage authors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Loaded before Azurite (node --require). It knows Put Blob From URL and Put Block From URL and answers
// that it has not made them: here they are, after Azure's documentation. A source is asked for over
// HTTP as anybody would, so it must be signed for, or public; the rest is Azurite's own Put Blob and
// Put Block.

"use strict";

const fs = require("fs");
const http = require("http");
const path = require("path");

const root = path.dirname(fs.realpathSync(process.argv[1]));
const own = (name) => require(path.join(root, name));
const Handler = own("handlers/BlockBlobHandler").default;
const NotImplementedError = own("errors/NotImplementedError").default;
const StorageError = own("errors/StorageError").default;
const Operation = own("generated/artifacts/operation").default;

function refusal(status, context) {
  return status === 412
    ? new StorageError(412, "SourceConditionNotMet", "The source condition specified using HTTP conditional header(s) is not met.", context.contextId)
    : new StorageError(status, "CannotVerifyCopySource", "Could not verify the copy source.", context.contextId);
}

function openSource(url, context) {
  const asked = context.request;
  const headers = { "x-ms-version": asked.getHeader("x-ms-version") };
  for (const [name, from] of [
    ["authorization", "x-ms-copy-source-authorization"],
    ["if-match", "x-ms-source-if-match"],
    ["x-ms-range", "x-ms-source-range"],
  ]) {
    if (asked.getHeader(from) !== undefined) {
      headers[name] = asked.getHeader(from);
    }
  }
  return new Promise((resolve, reject) => {
    http
      .get(url, { headers }, (answer) => {
        if (answer.statusCode < 300) {
          resolve(answer);
        } else {
          answer.resume();
          reject(refusal(answer.statusCode, context));
        }
      })
      .on("error", () => reject(refusal(400, context)));
  });
}

Handler.prototype.putBlobFromUrl = async function (_length, url, options, context) {
  if (context.request.getHeader("x-ms-copy-source-blob-properties") !== "false") {
    throw new NotImplementedError(context.contextId);
  }
  const source = await openSource(url, context);
  return this.upload(source, Number(source.headers["content-length"]), options, context);
};

Handler.prototype.stageBlockFromURL = async function (block, _length, url, options, context) {
  const source = await openSource(url, context);
  return this.stageBlock(block, Number(source.headers["content-length"]), source, options, context);
};

// Who may put a blob by its bytes may put it by its source.
const bySas = own("authentication/OperationBlobSASPermission");
for (const permissions of [
  own("authentication/OperationAccountSASPermission").default,
  bySas.OPERATION_BLOB_SAS_BLOB_PERMISSIONS,
  bySas.OPERATION_BLOB_SAS_CONTAINER_PERMISSIONS,
]) {
  permissions.set(Operation.BlockBlob_PutBlobFromUrl, permissions.get(Operation.BlockBlob_Upload));
  permissions.set(Operation.BlockBlob_StageBlockFromURL, permissions.get(Operation.BlockBlob_StageBlock));
}
