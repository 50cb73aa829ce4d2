"""`kill -9` of a service whose feed is followed while it takes reports: copies that kept their cursor end up right."""

from __future__ import annotations

import random
import time
from pathlib import Path

import httpx

from tests.support.editor import key_of
from tests.support.history import check_history
from tests.support.indexes import check_indexes
from tests.support.keeping import Changing, Keeper, Place, begun, caught_up, ended
from tests.support.loopback import NO_TLS
from tests.support.reporting import Sending, report
from tests.support.service import Process, serve
from tests.support.tables import head, opened

REPORTS = 160
KILLS = 3
RANDOM = random.Random(20161206)


def authorization(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def viewers(url: str, editor: str) -> dict[str, dict[str, str]]:
    """What the public, another organisation and an editor send."""
    with opened(url) as database:
        reader = key_of(database, "reader", "alpha")
    return {"public": {}, "alpha": authorization(reader), "editor": authorization(editor)}


def keepers_of(url: str, editor: str, place: Place, limits: tuple[int, ...]) -> list[Keeper]:
    """For each viewer one who listens, and those who ask for pages of these sizes."""
    found = []
    for who, headers in viewers(url, editor).items():
        found.append(Keeper(f"{who}'s stream", headers, place, streams=True))
        found += [Keeper(f"{who}'s pages of {n}", headers, place, streams=False, limit=n) for n in limits]
    return found


def check_copies(keepers: list[Keeper]) -> None:
    for keeper in keepers:
        assert keeper.stored.copy == keeper.fresh(), keeper.name
        twice = [change for change, times in keeper.told.items() if times > 1]
        assert twice == [], f"{keeper.name} had stored these, and was told again"
    assert min(len(keeper.stored.copy) for keeper in keepers) > 0


def test_copies_are_right_after_the_service_was_killed(url: str, key: str, tmp_path: Path) -> None:
    place = Place()
    sending = Sending(key, "", REPORTS)
    changing = [Changing(sending, place, authorization(key), random.Random(seed)) for seed in (1, 2)]
    keepers = keepers_of(url, key, place, (5,))
    threads = []
    for kill in range(KILLS):
        with serve(url, tmp_path) as service:
            place.url = sending.url = service.url
            if not kill:
                sending.start(4)
                threads = begun([*changing, *keepers])
            sending.acknowledged(min(REPORTS - 20, len(sending.done) + RANDOM.randint(15, 45)))
            time.sleep(RANDOM.random() / 5)
            service.kill()
        with opened(url) as database:
            check_history(database)
    with serve(url, tmp_path) as service:
        place.url = sending.url = service.url
        sending.finish()
        ended(changing, threads[: len(changing)])
        caught_up(keepers, head(url)[0])
        check_copies(keepers)
        service.check_log()
    ended(keepers, threads[len(changing) :])
    assert all(keeper.broken >= KILLS for keeper in keepers), (
        "somebody did not notice that the service was killed"
    )
    accepted = {verb for change in changing for verb, status in change.answers if status == 200}
    assert accepted == {"amend", "share", "delete"}
    with opened(url) as database:
        check_history(database)
        check_indexes(database)


def sent(service: Process, key: str, first: int, last: int) -> None:
    for number in range(first, last + 1):
        answer = httpx.post(
            f"{service.url}/v1/reports",
            json=report(number),
            headers=authorization(key),
            timeout=30,
            verify=NO_TLS,
        )
        assert answer.status_code == 201, answer.text


def test_a_service_that_is_asked_to_stop_lets_its_followers_go(url: str, key: str, tmp_path: Path) -> None:
    """Ten streams and ten pages that wait do not keep it; all go on with the service that is started next."""
    place = Place()
    who = list(viewers(url, key).values())
    keepers = [
        Keeper(f"{'stream' if streams else 'page'} {number}", who[number % 3], place, streams, wait=60)
        for number in range(10)
        for streams in (True, False)
    ]
    with serve(url, tmp_path) as service:
        place.url = service.url
        sent(service, key, 1, 5)
        threads = begun(keepers)
        caught_up(keepers, head(url)[0])
        time.sleep(1)  # all of them wait by now
        began = time.monotonic()
        code = service.end()
        took = time.monotonic() - began
        service.check_log()
    assert took < 8, f"it took {took:.1f} s"
    assert code in (0, -15), code
    with serve(url, tmp_path) as service:
        place.url = service.url
        sent(service, key, 6, 10)
        caught_up(keepers, head(url)[0])
        check_copies(keepers)
    ended(keepers, threads)
