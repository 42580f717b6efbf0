# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.benchmarks.distsync ARGUMENTS``: publishes or fetches one file, as ``distsync`` does.

The arguments are those of a configuration, the folder of what is remembered, and what is to be done.
"""

from __future__ import annotations

import json
import sys
import typing as t

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration import (
    parse_configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._opening import (
    fetching,
    publishing,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._release import (
    LATEST,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Publication,
)

#: What the file is called that is published.
NAME: t.Final = "artifact"


def main() -> None:
    what = json.loads(sys.argv[1])
    parsed = parse_configuration(what["configuration"], "the benchmark")
    if "publish" in what:
        with publishing(parsed.configuration, folder=what["folder"]) as publisher:
            publisher.publish([Publication(what["publish"], NAME, "1")])
    else:
        with fetching(parsed.configuration, folder=what["folder"]) as fetcher:
            fetcher.fetch(NAME, LATEST, what["fetch"])
    print(json.dumps({"requests": None}))


if __name__ == "__main__":
    main()
