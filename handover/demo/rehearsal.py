"""A whole pretend organisation on loopback: stand-ins in this process, Handover in a child of its own."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from handover.demo import preparing
from standins.authority import Identity
from standins.forge import StandInForge
from standins.forge import cast as forge_cast
from standins.jira import StandInJira
from standins.jira import cast as jira_cast
from standins.model import StandInModel
from standins.serving import Served

MODEL_KEY = "sk-stand-in"
# Settings that say what this machine can do; all others are the rehearsal's own.
OF_THE_MACHINE = (
    "HANDOVER_SANDBOX",
    "HANDOVER_SANDBOX_UID",
    "HANDOVER_AGENT",
    "HANDOVER_AGENT_ENVIRONMENT",
    "HANDOVER_CA_FILE",
)


@dataclass(frozen=True)
class Addresses:
    """Where everything answers."""

    handover: str
    jira: str
    forge: str
    model: str


class Rehearsal:
    """Stand-ins and Handover, wired up as an administrator would.

    `environment` goes to Handover on top of what the rehearsal sets; an empty value takes a variable away. With `tls`
    the stand-ins show that certificate; not `prepared`, Handover is as on its first day. It can be killed and started
    again; the stand-ins keep their state. `with Rehearsal(folder) as rehearsal:` ends all of it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        environment: Mapping[str, str] | None = None,
        ports: Mapping[str, int] | None = None,
        tls: Identity | None = None,
        prepared: bool = True,
    ):
        self.folder = folder
        self._ports = dict(ports or {})
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.jira = StandInJira()
        self.forge = StandInForge(folder / "forge")
        self.model = StandInModel(key=MODEL_KEY)
        self.people = jira_cast.acme(self.jira)
        forge_cast.acme(self.forge)
        self._served = [
            Served(stand_in.app, port=self._ports.get(name, 0), tls=tls)
            for name, stand_in in (("jira", self.jira), ("forge", self.forge), ("model", self.model))
        ]
        jira, forge, model = self._served
        self.jira.base_url = f"{jira.url}/jira"
        self.forge.base_url = forge.url
        port = self._ports.get("handover") or free_port()
        self.at = Addresses(f"http://127.0.0.1:{port}", self.jira.base_url, forge.url, f"{model.url}/v1")
        self._environment = self._environment_of_handover(port, environment or {})
        self.connection: dict[str, str] = {}
        self.credentials = {"model": MODEL_KEY}
        if prepared:
            self._prepare()
        self.process = self._started()
        self._wait_until_it_answers(seconds=60)

    def start(self) -> None:
        """Start Handover again and wait until it answers."""
        self.process = self._started()
        self._wait_until_it_answers(seconds=60)

    def kill(self) -> None:
        """End Handover as a power cut would: no word, no clean-up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End Handover as an administrator would, then the stand-ins."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.jira.close()
        for served in self._served:
            served.stop()

    def command(self, *arguments: str) -> str:
        """What `handover …` prints in this rehearsal."""
        done = subprocess.run(
            [sys.executable, "-m", "handover", *arguments],
            env=self._environment,
            capture_output=True,
            check=True,
            timeout=60,
        )
        return done.stdout.decode()

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of Handover's database, read beside it."""
        file = self.folder / "data" / "handover.sqlite3"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(query, values).fetchall()

    def log(self) -> str:
        """What Handover has logged."""
        return (self.folder / "handover.log").read_text(errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _environment_of_handover(self, port: int, further: Mapping[str, str]) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("HANDOVER_", "LLM_", "DJANGO_"))
        }
        agent = {name: os.environ[name] for name in OF_THE_MACHINE if name in os.environ}
        set_here = {
            **kept,
            **agent,
            "HANDOVER_DATA": str(self.folder / "data"),
            "HANDOVER_HOST": "127.0.0.1",
            "HANDOVER_PORT": str(port),
            "HANDOVER_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "DJANGO_SETTINGS_MODULE": "handover.settings",
            "LLM_MODEL": "openai/stand-in",
            "LLM_BASE_URL": self.at_model(),
            "LLM_API_KEY": MODEL_KEY,
            **further,
        }
        return {name: value for name, value in set_here.items() if value}

    def add_shop(self, path: str) -> None:
        """A further repository like Acme/web-app, which Lina may write to."""
        self.forge.repository(path, forge_cast.WEB_APP_FILES, access={forge_cast.LINKED: "write"})

    def at_model(self) -> str:
        """The stand-in model's address."""
        return f"{self._served[2].url}/v1"

    def _prepare(self) -> None:
        self.credentials |= preparing.credentials_of(self)
        prepared = subprocess.run(
            [sys.executable, "-m", "handover.demo.prepare"],
            env=self._environment,
            input=json.dumps(preparing.plan_of(self)).encode(),
            stdout=subprocess.PIPE,
            check=True,
            timeout=60,
        )
        self.connection = json.loads(prepared.stdout)
        events = f"{self.at.handover}{self.connection['events_path']}"
        self.jira.register_webhook(events, self.credentials["webhook"])

    def _started(self) -> "subprocess.Popen[bytes]":
        with (self.folder / "handover.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "handover", "serve"],
                env=self._environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    def _wait_until_it_answers(self, *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"Handover ended at its start:\n{self.log()[-2000:]}")
            try:
                if httpx.get(f"{self.at.handover}/sign-in", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise RuntimeError(f"Handover did not answer within {seconds:.0f} s:\n{self.log()[-2000:]}")


def free_port() -> int:
    """A port on loopback that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
