# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One run of ``distsync_artifact``: publish, fetch, withdraw or roll back one artifact, and say what that came to."""

from __future__ import annotations

import contextlib
import os
import re
import typing as t
from dataclasses import dataclass

from .._encryption._names import check_file_name
from .._errors import ConfigurationError, ContainerMissingError
from .._fields import listed
from .._progress import UNWATCHED, Progress
from .._quantities import seconds_of
from ._artifact_report import (
    ArtifactReport,
    Lines,
    PlacedFile,
    lines_of,
    shown_mode,
)
from ._configuration import Configuration
from ._configuration_values import Format
from ._failures import RolledBackError
from ._opening import Fetching, Publishing, fetching, publishing
from ._original_fetch import MODE as ORIGINAL_MODE
from ._release import LATEST, check_version
from ._results import Fetched, Publication
from ._targets import Target, known_ids, target_path

State = t.Literal["published", "present", "absent", "rolled_back"]
STATES: t.Final[tuple[State, ...]] = t.get_args(State)

#: Options, and the states that they are for.
_FOR_STATES: t.Final[t.Mapping[str, t.Collection[State]]] = {
    **dict.fromkeys(
        ("src", "mode", "owner", "group", "expires", "force", "encrypt"), {"published"}
    ),
    "dest": {"present"},
    "delta": {"published", "present"},
}


@dataclass(frozen=True, slots=True)
class ArtifactOptions:
    """What one task asks for.

    ``src`` and ``dest`` are paths. ``version``: None stands for one made of the digest when published, the latest
    when fetched, all when withdrawn, and the one before the latest when rolled back. ``mode``: permission
    bits; ``expires``: seconds from now on.
    """

    configuration: Configuration
    state: State
    name: str
    version: str | None = None
    src: str | None = None
    dest: str | None = None
    mode: int | None = None
    owner: str | None = None
    group: str | None = None
    expires: int | None = None
    force: bool = False
    check_mode: bool = False

    @classmethod
    def of_task(
        cls,
        params: t.Mapping[str, t.Any],
        configuration: Configuration,
        check_mode: bool,
    ) -> t.Self:
        """From a task's options. Raises ``ConfigurationError``, ``NameRefusedError`` and ``RequestRefusedError``."""
        state = params["state"]
        _check_fit(params, state)
        name, version = params["name"], params["version"]
        if name is None and state == "published":
            name = _last_part(params["src"])
        check_file_name(name)
        if version is not None and not (state == "present" and version == LATEST):
            check_version(version)
        return cls(
            configuration,
            state,
            name,
            version,
            src=params["src"],
            dest=params["dest"],
            mode=permissions(params["mode"]),
            owner=params["owner"],
            group=params["group"],
            expires=seconds_of("expires", params["expires"]),
            force=params["force"],
            check_mode=check_mode,
        )


def permissions(written: object) -> int | None:
    """Permission bits as octal digits have them; None stays None. Raises ``ConfigurationError``."""
    if written is None:
        return None
    # a number has been read as one by YAML already, in tens or in eights
    if not isinstance(written, str) or not re.fullmatch("0?[0-7]{3}", written):
        raise ConfigurationError(
            f"mode must be three octal digits in quotes, such as '0644', not {written!r}."
        )
    return int(written, 8)


def _check_fit(params: t.Mapping[str, t.Any], state: State) -> None:
    """Nothing is missing, nothing is of another state, and paths are such."""
    needed = {"published": "src", "present": "dest"}.get(state)
    needs = [name for name in (needed, "name") if name is not None]
    if state == "published":
        needs.remove("name")
    missing = [name for name in needs if not params[name]]
    if missing:
        raise ConfigurationError(
            f"state={state} needs {listed(missing, 'and')}.",
            hint="ansible-doc longshore.storage.distsync_artifact says what each is.",
        )
    for option, states in _FOR_STATES.items():
        if params[option] not in (None, False) and state not in states:
            fitting = listed([f"state={one}" for one in sorted(states)], "or")
            raise ConfigurationError(
                f"{option} is for {fitting}, not for state={state}.",
                hint="Leave it out, or change the state.",
            )
    for option in ("src", "dest"):
        if "\0" in (params[option] or ""):
            raise ConfigurationError(f"{option}: {params[option]!r} is not a path.")


def _last_part(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def keep_artifact(
    options: ArtifactOptions, progress: Progress = UNWATCHED
) -> ArtifactReport:
    """Do what the task asks for; in check mode only say what that would come to.

    Raises what publishing and fetching raise.
    """
    configuration = options.configuration
    report = ArtifactReport(
        state=options.state,
        place=configuration.store.full_place,
        name=options.name,
        channel=(
            configuration.channels[0]
            if configuration.format is Format.LONGSHORE
            else None
        ),
        version=options.version,
    )
    try:
        if options.state == "present":
            _fetch(options, report, progress)
        else:
            with publishing(configuration) as publisher:
                _CHANGES[options.state](publisher, options, report, progress)
    except ContainerMissingError as error:
        raise ContainerMissingError(
            error.operation,
            error.place,
            error.detail,
            hint="Make it with distsync_setup, or check which configuration this is.",
        ) from None
    return report


def _publish(
    publisher: Publishing,
    options: ArtifactOptions,
    report: ArtifactReport,
    progress: Progress,
) -> None:
    before = _lines(publisher, options)
    source = t.cast(str, options.src)
    publication = Publication(
        source,
        options.name,
        options.version,
        options.mode,
        options.owner,
        options.group,
        options.expires,
    )
    with contextlib.suppress(OSError):  # which publishing tells of
        progress.begin("publishing", sizes=[os.path.getsize(source)])
    outcome = publisher.publish(
        [publication],
        force=options.force,
        check=options.check_mode,
        progress=progress.advance,
    )
    [release] = outcome.releases
    report.version = release.version
    report.digest, report.size, report.sent = release.digest, release.size, release.sent
    after = before.with_release(release.version, release.digest, release.size)
    if release.changed and after == before and not release.sent:
        after = after.with_attributes(_asked_attributes(options))
    report.take(outcome, before, after)


def _asked_attributes(options: ArtifactOptions) -> dict[str, t.Any]:
    asked = {
        "mode": None if options.mode is None else shown_mode(options.mode),
        "owner": options.owner,
        "group": options.group,
        "expires in": options.expires,
    }
    return {name: value for name, value in asked.items() if value is not None}


def _withdraw(
    publisher: Publishing,
    options: ArtifactOptions,
    report: ArtifactReport,
    _progress: Progress,
) -> None:
    before = _lines(publisher, options)
    outcome = publisher.withdraw(
        options.name, options.version, check=options.check_mode
    )
    after = before.without(options.version)
    report.withdrawn = [one for one in before.versions if one not in after.versions]
    report.take(outcome, before, after)


def _roll_back(
    publisher: Publishing,
    options: ArtifactOptions,
    report: ArtifactReport,
    _progress: Progress,
) -> None:
    before = _lines(publisher, options)
    version = options.version or before.before_latest
    outcome = publisher.roll_back(options.name, version, check=options.check_mode)
    report.version = version
    report.take(outcome, before, before.with_latest(version))


_Change = t.Callable[[Publishing, ArtifactOptions, ArtifactReport, Progress], None]
_CHANGES: t.Final[t.Mapping[str, _Change]] = {
    "published": _publish,
    "absent": _withdraw,
    "rolled_back": _roll_back,
}


def _lines(publisher: Publishing, options: ArtifactOptions) -> Lines:
    """The artifact's releases as they are now."""
    try:
        return lines_of(publisher.look().releases, options.name)
    except RolledBackError:
        if not options.force:
            raise
        # publishing with force goes on from whatever is there
        return lines_of((), options.name)


def _fetch(
    options: ArtifactOptions, report: ArtifactReport, progress: Progress
) -> None:
    version, dest = options.version or LATEST, t.cast(str, options.dest)
    signed = options.configuration.format is Format.LONGSHORE
    with (
        fetching(options.configuration) as fetcher,
        PlacedFile(target_path(dest, options.name)) as there,
    ):
        check = options.check_mode or signed
        progress.begin("fetching")
        fetched = fetcher.fetch(
            options.name, version, dest, check=check, progress=progress.advance
        )
        if signed and fetched.changed:
            fetched = _put(fetcher, there, fetched, options, report, progress)
        elif fetched.changed:
            report.show(there, fetched, ORIGINAL_MODE)
        report.changed, report.warnings = fetched.changed, [*fetched.warnings]
        report.version, report.file = fetched.version, fetched.path
        report.digest, report.size = fetched.digest, fetched.size
        report.received = fetched.received


def _put(
    fetcher: Fetching,
    there: PlacedFile,
    planned: Fetched,
    options: ArtifactOptions,
    report: ArtifactReport,
    progress: Progress,
) -> Fetched:
    """What a check found to be other than the release says; all that can be known is known before."""
    release = fetcher.release(options.name, planned.version or LATEST)
    target = Target(
        planned.path,
        release.size,
        release.digest,
        release.mode,
        release.owner,
        release.group,
    )
    known_ids(target)
    fetched = planned
    if not options.check_mode:
        progress.expect(release.size)
        fetched = fetcher.put(
            release,
            planned.path,
            progress=progress.advance,
            warnings=planned.warnings,
        )
    report.show(there, fetched, release.mode, release.owner, release.group)
    return fetched
