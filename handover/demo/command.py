"""`handover demo`."""

import os
import signal
import socket
import sys
import threading
from pathlib import Path

import click

from handover.demo.check import check_the_way
from handover.demo.preparing import PASSWORD
from handover.demo.rehearsal import Rehearsal

ROOT = Path(__file__).resolve().parent.parent.parent
PORTS = {"handover": 8080, "jira": 8081, "forge": 8082, "model": 8083}


@click.command()
@click.option("--check", is_flag=True, help="Do the main job without a browser, on free ports; exit status 0 or 1.")
@click.option("--json", "as_json", is_flag=True, help="With --check: print the steps as JSON.")
def demo(*, check: bool, as_json: bool) -> None:
    """Rehearse on this machine, with stand-ins for Jira, the forge and, where no model is set, the model.

    A real model is used when LLM_MODEL and LLM_API_KEY (and LLM_BASE_URL) are set.
    """
    folder = ROOT / "var" / ("demo-check" if check else "demo")
    try:
        with Rehearsal(folder, environment=_model(), ports={} if check else _ports()) as rehearsal:
            if check:
                sys.exit(check_the_way(rehearsal, as_json=as_json))
            _welcome(rehearsal)
            _until_told_to_end()
    except RuntimeError as error:
        raise click.ClickException(str(error)) from error


def _model() -> dict[str, str]:
    """The real model of the environment, where there is one."""
    if not (os.environ.get("LLM_MODEL") and os.environ.get("LLM_API_KEY")):
        return {}
    names = ("LLM_MODEL", "LLM_API_KEY", "LLM_BASE_URL")
    defaults = {"LLM_BASE_URL": "https://api.openai.com/v1"}
    prices = {
        name: value for name, value in os.environ.items() if name.startswith("HANDOVER_") and name.endswith("_PRICE")
    }
    return {**defaults, **{name: os.environ[name] for name in names if os.environ.get(name)}, **prices}


def _ports() -> dict[str, int]:
    """The ports that people can remember, each where it is free."""
    return {name: port for name, port in PORTS.items() if _free(port)}


def _free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False


def _welcome(rehearsal: Rehearsal) -> None:
    at = rehearsal.at
    model = os.environ["LLM_MODEL"] if _model() else "the stand-in, which plays a script"
    lines = (
        "",
        f"  Jira      {at.jira}/browse/PAY-1   comment `@openhands please fix this`, as Lina",
        f"  Handover  {at.handover}            sign in as lina or ada (administrator), password {PASSWORD}",
        f"  Forge     {at.forge}/Acme/web-app  branches and pull requests",
        f"  Model     {model}",
        "",
        f"  All of it is written below {rehearsal.folder}, and made anew at the next start. Ctrl-C ends it.",
        "",
    )
    click.echo("\n".join(lines))


def _until_told_to_end() -> None:
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    ended.wait()
