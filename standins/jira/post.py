"""Sends webhooks: each once, signed over the very bytes, from threads of its own."""

import hashlib
import hmac
import itertools
import math
import queue
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import httpx

from standins.jira.events import Event
from standins.jira.hooks import MOST_KEPT, Delivery, Outcome, Webhook
from standins.jira.settings import Settings

# Jira's own limit of connections to one host.
WORKERS = 5
READ_AT_MOST = 16_384


@dataclass(frozen=True)
class Parcel:
    """One event for one webhook. `due` is a moment of the monotonic clock."""

    hook: Webhook
    event: Event
    due: float


class Post:
    """A queue and a few threads. Nothing is tried again."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._queue: queue.PriorityQueue[tuple[float, int, Parcel | None]] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._under_way = 0
        self._workers: list[threading.Thread] = []
        self._client: httpx.Client | None = None
        self.deliveries: deque[Delivery] = deque(maxlen=MOST_KEPT)

    def send(self, hook: Webhook, event: Event) -> None:
        """Have an event delivered, soon."""
        parcel = Parcel(hook, event, time.monotonic() + event.after_seconds)
        with self._lock:
            self._under_way += 1
            self._start()
        self._queue.put((parcel.due, next(self._numbers), parcel))

    @property
    def idle(self) -> bool:
        """Whether all that was to be sent is sent, or skipped."""
        with self._lock:
            return self._under_way == 0

    def close(self) -> None:
        """End the threads once they have sent what is due; thirty seconds at most."""
        for _ in self._workers:
            self._queue.put((math.inf, next(self._numbers), None))
        for worker in self._workers:
            worker.join(timeout=30 / WORKERS)
        self._workers = []
        if self._client:
            self._client.close()
            self._client = None

    def _start(self) -> None:
        if self._client is None:
            limits = httpx.Limits(max_connections=WORKERS)
            # What stands in for Jira is on loopback: no proxy.
            self._client = httpx.Client(trust_env=False, limits=limits)
        if not self._workers:
            self._workers = [threading.Thread(target=self._work, daemon=True) for _ in range(WORKERS)]
            for worker in self._workers:
                worker.start()

    def _work(self) -> None:
        while True:
            _, _, parcel = self._queue.get()
            if parcel is None:
                return
            time.sleep(max(0.0, parcel.due - time.monotonic()))
            try:
                self._deliver(parcel)
            finally:
                with self._lock:
                    self._under_way -= 1

    def _deliver(self, parcel: Parcel) -> None:
        hook, event = parcel.hook, parcel.event
        body = b"" if hook.without_body else event.body
        request_id = str(uuid.uuid4())
        headers = self._headers(hook, event, body, request_id)
        url = self._url(hook.url, event)
        at, started = self._clock(), time.monotonic()
        outcome, status, error = self._attempt(hook, url, headers, body)
        took = time.monotonic() - started
        delivery = Delivery(hook.id, event.name, url, outcome, status, took, at, request_id, headers, body, error)
        with self._lock:
            hook.deliveries.append(delivery)
            self.deliveries.append(delivery)

    def _attempt(
        self, hook: Webhook, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[Outcome, int | None, str]:
        with self._lock:
            if hook.breaker.open:
                return "skipped", None, "The circuit breaker is open."
        status, error = self._exchange(url, headers, body)
        succeeded = status is not None and 200 <= status < 300
        with self._lock:
            if succeeded:
                hook.breaker.succeeded()
            else:
                hook.breaker.failed()
        if status is None:
            return "error", None, error
        return ("success" if succeeded else "failure"), status, error

    def _exchange(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int | None, str]:
        assert self._client
        limits = httpx.Timeout(self._settings.socket_seconds, connect=self._settings.connect_seconds)
        try:
            with self._client.stream("POST", url, headers=headers, content=body, timeout=limits) as response:
                next(response.iter_bytes(READ_AT_MOST), b"")
                self._client.cookies.clear()
                return response.status_code, ""
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return None, f"{type(error).__name__}: {error}"

    def _headers(self, hook: Webhook, event: Event, body: bytes, request_id: str) -> dict[str, str]:
        line = self._settings.line
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "User-Agent": f"Atlassian HttpClient 4.2.0 / JIRA-{line.version} ({line.build}) / Default",
        }
        if line.signs:
            headers |= {"X-Event-Key": event.name, "X-Request-Id": request_id}
        if line.signs and hook.secret and body:
            headers["X-Hub-Signature"] = signature(hook.secret, body)
        return headers

    def _url(self, url: str, event: Event) -> str:
        line = self._settings.line
        for name, value in event.variables.items():
            url = url.replace(line.variable % name, quote(value, safe=""))
        if line.user_in_url:
            user = f"user_id={quote(event.actor.name, safe='')}&user_key={quote(event.actor.key, safe='')}"
            url += ("&" if "?" in url else "?") + user
        return url


def signature(secret: str, body: bytes) -> str:
    """What `X-Hub-Signature` says of these bytes."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
