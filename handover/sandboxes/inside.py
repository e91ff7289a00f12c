"""Runs inside the sandbox: makes the model reachable, then serves the agent on the descriptor that was passed in.

Standard library, and uvicorn from the agent's environment; nothing of Handover, which is not there.
"""

# First of all: what follows builds a million objects that stay, and looking through them again and again for garbage
# takes a third of the start.
import gc

gc.disable()

import argparse  # noqa: E402
import asyncio  # noqa: E402
import importlib  # noqa: E402
import os  # noqa: E402
import resource  # noqa: E402
import select  # noqa: E402
import socket  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
from pathlib import Path  # noqa: E402

CHUNK = 65_536


def main() -> None:
    """Serve until told to end."""
    arguments = _arguments()
    if _abandoned():
        sys.exit("Whoever started this has ended.")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (arguments.memory, arguments.memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (arguments.file, arguments.file))
    # Was needed to start this interpreter, and would bend the agent's own commands.
    os.environ.pop("LD_LIBRARY_PATH", None)
    for name in ("HOME", "TMPDIR"):
        Path(os.environ[name]).mkdir(parents=True, exist_ok=True)
    _reach_model(arguments)
    if arguments.search:
        sys.path.insert(0, arguments.search)
    _serve(arguments.app, socket.socket(fileno=arguments.descriptor))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", required=True, help="module:attribute")
    parser.add_argument("--search", help="a folder to import the app from")
    parser.add_argument("--descriptor", type=int, required=True, help="the listening socket of the agent")
    parser.add_argument("--model", required=True, help="the model's unix socket")
    parser.add_argument("--memory", type=int, required=True, help="the most bytes that one process holds for itself")
    parser.add_argument("--file", type=int, required=True, help="the most bytes that one file may have")
    relay = parser.add_mutually_exclusive_group(required=True)
    relay.add_argument("--port", type=int, help="where the model is to be reached on loopback")
    relay.add_argument("--relay", type=int, help="a listening socket to reach the model by")
    return parser.parse_args()


def _abandoned() -> bool:
    """Whether nobody reads what we write: whoever started us ended before it could take us with it."""
    output = select.poll()
    output.register(1, 0)
    return any(event & select.POLLERR for _, event in output.poll(0))


def _serve(app: str, listener: socket.socket) -> None:
    import uvicorn

    module, _, attribute = app.partition(":")
    served = getattr(importlib.import_module(module), attribute)
    gc.freeze()
    gc.enable()
    config = uvicorn.Config(
        served,
        # uvloop lets the agent's commands inherit descriptors, and waits for whatever they leave running.
        loop="asyncio",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=3,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _reach_model(arguments: argparse.Namespace) -> None:
    """Pass on what comes on loopback to the model's socket, in a thread of its own, from now on."""
    if arguments.relay is None:
        listener = socket.create_server(("127.0.0.1", arguments.port))
    else:
        listener = socket.socket(fileno=arguments.relay)
    threading.Thread(target=asyncio.run, args=(_relay(listener, arguments.model),), daemon=True).start()


async def _relay(listener: socket.socket, model: str) -> None:
    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_unix_connection(model)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    server = await asyncio.start_server(passed_on, sock=listener)
    await server.serve_forever()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


if __name__ == "__main__":
    main()
