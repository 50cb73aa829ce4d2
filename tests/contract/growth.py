"""What a document has lost beside an older one: clients written for the older one must go on working."""

from __future__ import annotations

from typing import Any

Node = dict[str, Any]
STRICTER = {
    "minimum": lambda old, new: new > old,
    "exclusiveMinimum": lambda old, new: new > old,
    "minLength": lambda old, new: new > old,
    "minItems": lambda old, new: new > old,
    "maximum": lambda old, new: new < old,
    "maxLength": lambda old, new: new < old,
    "maxItems": lambda old, new: new < old,
}


def losses(old: Node, new: Node) -> list[str]:
    """One line for each thing that was published and is no more, or is narrower than it was."""
    found: list[str] = []
    for path, methods in old["paths"].items():
        for method, before in methods.items():
            at = f"{method.upper()} {path}"
            after = new["paths"].get(path, {}).get(method)
            if after is None:
                found.append(f"{at} is gone")
            else:
                found += _operation(at, before, after)
    sent = _reached(old, sent=True)
    for name, schema in old["components"]["schemas"].items():
        later = new["components"]["schemas"].get(name)
        if later is None:
            found.append(f"schema {name} is gone")
        else:
            found += _schema(name, schema, later, sent=name in sent)
    return found


def _operation(at: str, old: Node, new: Node) -> list[str]:
    found = []
    if old["operationId"] != new["operationId"]:
        found.append(f"{at} is called {new['operationId']} now, not {old['operationId']}")
    parameters = {(p["in"], p["name"]): p for p in new.get("parameters", [])}
    known = {(p["in"], p["name"]) for p in old.get("parameters", [])}
    for before in old.get("parameters", []):
        after = parameters.get((before["in"], before["name"]))
        if after is None:
            found.append(f"{at} no longer takes {before['name']}")
            continue
        if after.get("required") and not before.get("required"):
            found.append(f"{at} now needs {before['name']}")
        found += _schema(f"{at} {before['name']}", before["schema"], after["schema"], sent=True)
    found += [
        f"{at} now needs {name}"
        for (where, name), p in parameters.items()
        if p.get("required") and (where, name) not in known
    ]
    for status in old["responses"]:
        if status not in new["responses"]:
            found.append(f"{at} no longer answers {status}")
        else:
            found += _contents(
                f"{at} {status}", old["responses"][status], new["responses"][status], sent=False
            )
    if "requestBody" in old:
        found += _contents(f"{at} body", old["requestBody"], new.get("requestBody", {}), sent=True)
    elif new.get("requestBody", {}).get("required"):
        found.append(f"{at} now needs a body")
    if {} in old.get("security", []) and {} not in new.get("security", []):
        found.append(f"{at} now needs a key")
    return found


def _contents(at: str, old: Node, new: Node, *, sent: bool) -> list[str]:
    found = []
    for kind, content in old.get("content", {}).items():
        later = new.get("content", {}).get(kind)
        if later is None:
            found.append(f"{at} is no longer {kind}")
        else:
            found += _schema(at, content["schema"], later["schema"], sent=sent)
    return found


def _types(schema: Node) -> set[str]:
    kinds = schema.get("type", [])
    return {kinds} if isinstance(kinds, str) else set(kinds)


def _schema(at: str, old: Node, new: Node, *, sent: bool) -> list[str]:
    """`sent` by clients: must not take less. Received by them: must not hold less, nor what they do not expect."""
    found = []
    if old.get("$ref") != new.get("$ref"):
        found.append(f"{at} is {new.get('$ref')} now, not {old.get('$ref')}")
    if sent:
        lost = _types(old) - _types(new) if _types(new) else set()
        found += [f"{at} no longer takes {kind}" for kind in sorted(lost)]
        found += [f"{at} no longer takes {v!r}" for v in old.get("enum", []) if v not in new.get("enum", [v])]
        found += [f"{at} now needs {n}" for n in new.get("required", []) if n not in old.get("required", [])]
        for name, stricter in STRICTER.items():
            if name in new and (name not in old or stricter(old[name], new[name])):
                found.append(f"{at} takes less: {name} {new[name]}")
        if "default" in old and old["default"] != new.get("default"):
            found.append(f"{at} without a value now means {new.get('default')!r}")
    else:
        found += [f"{at} may now be {kind}" for kind in sorted(_types(new) - _types(old)) if _types(old)]
        found += [f"{at} may lack {n}" for n in old.get("required", []) if n not in new.get("required", [])]
    for name, before in old.get("properties", {}).items():
        after = new.get("properties", {}).get(name)
        if after is None:
            found.append(f"{at} no longer has {name}")
        else:
            found += _schema(f"{at}.{name}", before, after, sent=sent)
    if isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
        found += _schema(f"{at}[]", old["items"], new["items"], sent=sent)
    return found


def _reached(document: Node, *, sent: bool) -> set[str]:
    """The names of the schemas that clients send, those within them included."""
    waiting: list[Any] = [
        operation["requestBody"]
        for methods in document["paths"].values()
        for operation in methods.values()
        if sent and "requestBody" in operation
    ]
    names: set[str] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).rpartition("/")[2]
            if name and name not in names:
                names.add(name)
                waiting.append(document["components"]["schemas"][name])
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return names
