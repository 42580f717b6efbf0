# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx makes a site of these pages, and of those about modules and roles: see tests/setup/site.sh."""

from __future__ import annotations

import typing as t

from docutils import nodes

project = "longshore.storage"
html_title = project
html_theme = "furo"
html_show_sphinx = False

extensions = ["myst_parser", "sphinx_antsibull_ext"]
exclude_patterns = ["docsite", "playbooks", "man"]
#: Headings can be linked to by the names that they have on other sites, too.
myst_heading_anchors = 4

#: Pages of Ansible's own documentation that those about modules refer to, by their labels.
_ANSIBLE: t.Final = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}


def setup(app: t.Any) -> None:
    """Called by Sphinx."""
    app.connect("missing-reference", _in_ansible)


def _in_ansible(
    _app: t.Any, _env: t.Any, node: t.Any, content: nodes.TextElement
) -> nodes.Node | None:
    page = _ANSIBLE.get(node.get("reftarget"))
    if page is None:
        return None
    address = f"https://docs.ansible.com/ansible/latest/{page}"
    return nodes.reference("", "", content, internal=False, refuri=address)
