"""Checks a JSON value against the types of an official SDK: TypedDict, Union, Literal, lists and plain values; unknown keys are errors."""

import collections.abc
import functools
import types
import typing

import typing_extensions as extensions

WRAPPERS = (typing.Required, typing.NotRequired, extensions.Required, extensions.NotRequired, extensions.ReadOnly, typing.Annotated)
PLAIN = {str: str, bool: bool, int: int, float: (int, float), bytes: str, type(None): type(None)}


@functools.cache
def fields(kind):
    return extensions.get_type_hints(kind)


def problems(value, kind, path=""):
    """What is wrong with a value, as (path, text, code); empty if nothing is."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in WRAPPERS:
        return problems(value, arguments[0], path)
    if extensions.is_typeddict(kind):
        return _fields(value, kind, path)
    if origin in (typing.Union, types.UnionType):
        return _union(value, arguments, path)
    if origin is typing.Literal:
        fits = any(value == allowed and type(value) is type(allowed) for allowed in arguments)
        return [] if fits else [(path, f"Invalid value: {value!r}. Supported values are: {arguments}.", "invalid_value")]
    if origin is dict or isinstance(origin, type) and issubclass(origin, collections.abc.Mapping):
        return _wrong(value, dict, path) or _all((problems(item, arguments[1], f"{path}.{key}") for key, item in value.items()))
    if isinstance(origin, type) and issubclass(origin, collections.abc.Iterable) or "SequenceNotStr" in str(kind):
        inner = arguments[0] if arguments else object
        return _wrong(value, list, path) or _all((problems(item, inner, f"{path}[{at}]") for at, item in enumerate(value)))
    if kind in PLAIN:
        return _wrong(value, PLAIN[kind], path)
    if kind is object or kind is typing.Any:
        return []
    raise TypeError(f"cannot check {kind} at {path}")


def _all(found):
    return [problem for group in found for problem in group]


def _wrong(value, kind, path):
    fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool) or kind is object)
    return [] if fits else [(path, f"Invalid type for '{path}': {type(value).__name__} instead of {kind}.", "invalid_type")]


def _fields(value, kind, path):
    if not isinstance(value, dict):
        return _wrong(value, dict, path)
    known, found = fields(kind), []
    for name, item in value.items():
        inside = f"{path}.{name}".lstrip(".")
        if name in known:
            found += problems(item, known[name], inside)
        else:
            found.append((inside, f"Unknown parameter: '{inside}'.", "unknown_parameter"))
    for name in sorted(kind.__required_keys__ - value.keys()):
        inside = f"{path}.{name}".lstrip(".")
        found.append((inside, f"Missing required parameter: '{inside}'.", "missing_required_parameter"))
    return found


def _union(value, kinds, path):
    """The alternative with the fewest problems speaks for all; what names its type rightly goes first."""
    tried = []
    for kind in kinds:
        found = problems(value, kind, path)
        if not found:
            return []
        tried.append((_misnamed(value, kind), len(found), found))
    return min(tried, key=lambda entry: entry[:2])[2]


def _misnamed(value, kind):
    """How badly a value fits an alternative by kind: by its JSON type, and by the fields that tell alternatives apart."""
    if not extensions.is_typeddict(kind):
        return 2 if isinstance(value, dict) else not isinstance(value, list) or typing.get_origin(kind) in (None, typing.Literal)
    if not isinstance(value, dict):
        return 3
    tags = [name for name in ("type", "role") if name in value and name in fields(kind)]
    return 2 - 2 * bool(tags) + sum(bool(problems(value[name], fields(kind)[name], name)) * 2 for name in tags)
