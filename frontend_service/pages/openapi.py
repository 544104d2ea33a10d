"""Merge the services' OpenAPI documents into one. Pure functions on plain JSON."""

import json
from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]

_HEAD = {
    "title": "Secondrow",
    "version": "1",
    "summary": "The marketplace's whole HTTP API.",
}


def merge(documents: Mapping[str, Document], *, server: str, missing: tuple[str, ...] = ()) -> Document:
    """All documents as one. Components that share a name but differ get their service's name as prefix.

    `missing` names the services that didn't answer: they are in the description and in `x-missing`.
    """
    merged: Document = {
        "openapi": "3.1.0",
        "info": _HEAD | {"description": _description(missing)},
        "servers": [{"url": server}],
        "tags": [{"name": service} for service in documents],
        "paths": {},
        "components": {},
    }
    for service, document in documents.items():
        _add(merged, service, _with_own_names(document, merged["components"], service))
    if missing:
        merged["x-missing"] = list(missing)
    return merged


def _add(merged: Document, service: str, document: Document) -> None:
    for path, operations in document.get("paths", {}).items():
        merged["paths"][path] = {
            verb: _tagged(operation, service) if isinstance(operation, dict) else operation
            for verb, operation in operations.items()
        }
    for kind, components in document.get("components", {}).items():
        merged["components"].setdefault(kind, {}).update(components)


def _tagged(operation: Document, service: str) -> Document:
    return operation | {"tags": [service]}


def _with_own_names(document: Document, taken: Mapping[str, Mapping[str, Any]], service: str) -> Document:
    """The document with every component renamed whose name another service uses for something else.

    A component that refers to a renamed one differs too, so this repeats until there are no clashes.
    """
    while clashes := _clashes(document, taken):
        document = _renamed(document, clashes, service.capitalize())
    return document


def _clashes(document: Document, taken: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [
        (kind, name)
        for kind, components in document.get("components", {}).items()
        for name, component in components.items()
        if kind != "securitySchemes" and taken.get(kind, {}).get(name, component) != component
    ]


def _renamed(document: Document, clashes: list[tuple[str, str]], prefix: str) -> Document:
    text = json.dumps(document)
    for kind, name in clashes:
        text = text.replace(f'"#/components/{kind}/{name}"', f'"#/components/{kind}/{prefix}{name}"')
    renamed: Document = json.loads(text)
    for kind, name in clashes:
        renamed["components"][kind][prefix + name] = renamed["components"][kind].pop(name)
    return renamed


def _description(missing: tuple[str, ...]) -> str:
    lines = ["Every service's API in one document, as the services themselves describe it."]
    if missing:
        lines.append(f"**Not answering right now, and left out here:** {', '.join(missing)}.")
    return "\n\n".join(lines)
