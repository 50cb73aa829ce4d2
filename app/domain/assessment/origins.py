"""Which reports are independent of each other: five outlets that copy one agency are one origin."""

from __future__ import annotations

from collections.abc import Iterable

from app.domain.assessment.said import Account


def origins(accounts: Iterable[Account]) -> dict[object, int]:
    """The number of each report's origin, from 1 on in the order of the accounts, by report.

    Reports are of one origin where they have a mark in common, or where others between them have.
    """
    roots: dict[object, object] = {}

    def root(mark: object) -> object:
        roots.setdefault(mark, mark)
        while roots[mark] != mark:
            roots[mark] = roots[roots[mark]]
            mark = roots[mark]
        return mark

    listed = list(accounts)
    for account in listed:
        own = root(("itself", account.report))
        for mark in account.marks:
            roots[root(mark)] = own
    numbers: dict[object, int] = {}
    return {
        account.report: numbers.setdefault(root(("itself", account.report)), len(numbers) + 1)
        for account in listed
    }
