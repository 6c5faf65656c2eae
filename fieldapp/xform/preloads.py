"""Check `jr:preload`, which the phone fills in when a record is begun."""

import re
from collections.abc import Mapping

from fieldapp.xform.definition import NodeDefinition, Path
from fieldapp.xform.refusals import refusal

_PERIOD = re.compile(
    r"prevperiod-week-(?:sun|mon|tue|wed|thu|fri|sat)-(?:head|tail)(?:-x?(?:-\d+)?)?"
)
_WITH_VALUE = frozenset({("uid", ""), ("date", "today"), ("timestamp", "start")})


def check_preloads(nodes: Mapping[Path, NodeDefinition]) -> None:
    """Refuse preloads of dates that JavaRosa cannot work out, and those of groups.

    :raises FormError: naming the first of them.
    """
    for path, node in nodes.items():
        name, params = node.bind.preload, node.bind.preload_params
        if name == "date" and params != "today" and not _PERIOD.fullmatch(params):
            raise refusal("preload", path, attribute="type", name=name, params=params)
        if node.children and (name == "uid" or (name, params) in _WITH_VALUE):
            raise refusal("group-value", path, attribute="type")
