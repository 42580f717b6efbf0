# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  providers:
    description:
      - Endpoints by name, so that a task can say C(destination=mysite) instead of a mapping.
      - Each entry is a mapping as described for the endpoint options. Entries written for
        django-storages (C(type), C(user), C(key), C(bucket)) work unchanged; there, C(key) is the secret.
      - Set it once for all modules of the collection with C(module_defaults) and the group
        C(longshore.storage.storage).
    type: dict
  default_provider:
    description:
      - The entry of O(providers) that a mapping without C(id) takes its fields from.
      - Without it, the entry called C(default), if there is one.
    type: str
notes:
  - "An endpoint is a mapping with these fields, or a string that names an entry of O(providers).
    C(id) (or C(provider), C(type)): a storage provider of Apache Libcloud such as V(S3),
    V(AZURE_BLOBS), V(GOOGLE_STORAGE), V(OPENSTACK_SWIFT), V(MINIO) or V(LOCAL), or an entry of O(providers).
    C(container) (or C(bucket)): the container, which for V(LOCAL) is an absolute path, or a folder in C(key).
    C(key) and C(secret) (or C(user) and C(key)): the credentials. Amazon's providers without them use the
    SDK's ordinary chain (environment, profile, instance role).
    C(prefix): only keys below it. C(region), C(token), C(project), C(ca_path): as the provider needs them.
    C(endpoint) (or C(host), C(port), C(secure)): another address, such as V(http://127.0.0.1:8333).
    C(timeout): seconds without an answer, 60 by default.
    C(retries): attempts after the first, 5 by default."
  - Credentials are never shown in results, diffs, logs or errors, however deep they are written.
"""
