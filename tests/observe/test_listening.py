"""Listeners go in and out at a moment when no other thread is calling any."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Mapper, Session

import loadwise
from loadwise.observe import listening
from tests.observe.models import User, sync_engine
from tests.observe.snapshot import snapshot


@contextmanager
def parked(target: Any, name: str, work: Callable[[Session], Any]) -> Iterator[threading.Event]:
    """A thread that stands in a listener of the application until the event is set.

    Fails if the thread does.
    """
    there, go, wrong = threading.Event(), threading.Event(), list[BaseException]()

    def listener(*arguments: Any) -> None:
        there.set()
        go.wait()

    def run() -> None:
        try:
            with sync_engine() as engine, Session(engine) as session:
                work(session)
        except BaseException as error:
            wrong.append(error)

    thread = threading.Thread(target=run)
    event.listen(target, name, listener)
    try:
        thread.start()
        there.wait()
        yield go
        go.set()
        thread.join()
    finally:
        event.remove(target, name, listener)
    assert wrong == []


def select_all(session: Session) -> None:
    session.scalars(select(User)).all()


def expire_all(session: Session) -> None:
    users = session.scalars(select(User)).all()
    session.expire(users[0])


PLACES = [
    pytest.param(Session, "do_orm_execute", select_all, id="do_orm_execute"),
    pytest.param(Session, "after_flush", Session.flush, id="after_flush"),
    pytest.param(Mapper, "expire", expire_all, id="expire"),
]


@pytest.mark.parametrize(("target", "name", "work"), PLACES)
def test_a_thread_in_a_listener_is_waited_for(
    target: Any, name: str, work: Callable[[Session], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "PATIENCE", 60.0)
    before, slept = snapshot()["names"], list[float]()
    with parked(target, name, work) as go:

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 3:
                go.set()
            threading.Event().wait(seconds)

        monkeypatch.setattr(time, "sleep", sleep)
        with loadwise.watch():
            assert go.is_set()
    assert len(slept) >= 3
    assert snapshot()["names"] == before


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then SQLAlchemy's own limit shows, as `event.remove` documents it."""
    monkeypatch.setattr(listening, "PATIENCE", 0.0)
    with (
        pytest.raises(AssertionError, match="deque mutated during iteration"),
        parked(Session, "do_orm_execute", select_all),
    ):
        loadwise.watch().stop()


def test_the_switch_interval_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "PATIENCE", 60.0)
    interval = sys.getswitchinterval()
    seen: list[float] = []
    with parked(Session, "do_orm_execute", select_all) as go:
        stopper = threading.Timer(0.01, go.set)
        stopper.start()
        with loadwise.watch():
            seen.append(sys.getswitchinterval())
        stopper.join()
    assert seen == [interval]
    assert sys.getswitchinterval() == interval


def test_nothing_is_waited_for_without_other_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with loadwise.watch():
        pass
    assert slept == []
