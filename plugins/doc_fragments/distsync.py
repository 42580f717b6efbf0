# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  provider:
    description:
      - Instead of O(config), where artifacts are. An endpoint, or the name of an entry of O(providers).
      - Then O(secret) is needed too, with O(signing_key) to publish and O(public_key) to fetch.
    type: raw
  secret:
    description: With O(provider), the SharedSecret that artifacts are encrypted with, 48 characters.
    type: str
  signing_key:
    description: With O(provider), the key that releases are signed with. Who publishes has it, and nobody else.
    type: str
  public_key:
    description: With O(provider), the key that releases must be signed by.
    type: str
  format:
    description:
      - With O(provider), how artifacts are stored. By default V(longshore).
      - V(distsync01) is what the original distsync wrote, without versions, channels and signatures.
    type: str
    choices: [longshore, distsync01]
  channel:
    description: The channel. By default the first that the configuration names, which is V(stable) if it names none.
    type: str
requirements:
  - cryptography
"""
