"""The agent: asks the model, does what it says, and asks again."""

import asyncio
import json

from standins.agent import shapes
from standins.agent.asked import Fields
from standins.agent.conversation import Conversation
from standins.agent.model import Answer, ModelFailed, ToolCall, ask
from standins.agent.terminal import COMMAND_SECONDS, Terminal

# As often must the same action see the same before the conversation counts as stuck.
ALIKE = 4
KINDS = {"terminal": "TerminalAction", "finish": "FinishAction", "think": "ThinkAction"}
NEEDS = {"terminal": "command", "finish": "message", "think": "thought"}
INTERRUPTED = "Tool call interrupted before completion. The conversation was paused."


async def work(conversation: Conversation) -> None:
    """Let the agent work until it ends. The conversation is running already."""
    try:
        status = await _steps(conversation)
    except ModelFailed as failure:
        _break(conversation, failure.code, failure.detail)
    except OSError as failure:
        _break(conversation, type(failure).__name__, str(failure))
    else:
        if status:
            conversation.move(status)
        else:
            most = conversation.asked.max_iterations
            _break(conversation, "MaxIterationsReached", f"Agent reached maximum iterations limit ({most}).")


def interrupt(conversation: Conversation) -> None:
    """Say that the work was interrupted. The task that did it is cancelled by then."""
    conversation.fail_pending(INTERRUPTED)
    conversation.move("paused")
    conversation.append(shapes.event("InterruptEvent", "user"))


def _break(conversation: Conversation, code: str, detail: str) -> None:
    conversation.move("error")
    conversation.append(shapes.broke(code, detail))


async def _steps(conversation: Conversation) -> str:
    """The status that the work ends with; "" after the last step that is allowed."""
    terminal = Terminal(conversation.cwd)
    for _ in range(conversation.asked.max_iterations):
        answer = await ask(conversation.asked.llm, conversation.messages(), conversation=conversation.id)
        if not answer.calls:
            conversation.append(shapes.message("agent", answer.text))
            return "finished"
        if await _act(conversation, terminal, answer):
            return "finished"
        if _stuck(conversation.events):
            return "stuck"
    return ""


async def _act(conversation: Conversation, terminal: Terminal, answer: Answer) -> bool:
    """Carry the calls out, one after the other. Tells whether the agent has finished."""
    actions = []
    for call in answer.calls:
        action = _understood(call)
        event = shapes.acted(call, action, thought=answer.text, response_id=answer.id)
        actions.append((conversation.append(event), call, action))
    for event, call, action in actions:
        conversation.append(await _outcome(event, call, action, terminal))
        conversation.cwd = terminal.folder
    return any(call.name == "finish" and action for _, call, action in actions)


def _understood(call: ToolCall) -> Fields | None:
    """The action that the call is; None where it is none."""
    try:
        arguments = json.loads(call.arguments)
    except ValueError:
        return None
    needed = NEEDS.get(call.name)
    if needed is None or not isinstance(arguments, dict) or not isinstance(arguments.get(needed), str):
        return None
    if call.name != "terminal":
        return {needed: arguments[needed], "kind": KINDS[call.name]}
    timeout = arguments.get("timeout")
    limit = {"timeout": float(timeout)} if isinstance(timeout, int | float) else {}
    return {"command": arguments["command"], "is_input": False, "reset": False, **limit, "kind": "TerminalAction"}


async def _outcome(event: Fields, call: ToolCall, action: Fields | None, terminal: Terminal) -> Fields:
    if call.name not in KINDS:
        return shapes.failed(event, f"Tool '{call.name}' not found. Available: {list(KINDS)}")
    if action is None:
        return shapes.failed(event, f"Error validating tool '{call.name}': Arguments: {call.arguments[:200]}")
    match call.name:
        case "finish":
            return shapes.saw(event, shapes.told("FinishObservation", str(action["message"])))
        case "think":
            return shapes.saw(event, shapes.told("ThinkObservation", "Your thought has been logged."))
    command = str(action["command"])
    limit = action.get("timeout")
    ran = await terminal.run(command, seconds=limit if isinstance(limit, float) else COMMAND_SECONDS)
    return shapes.saw(event, shapes.terminal(command, ran.stdout, exit_code=ran.exit_code, folder=terminal.folder))


def _stuck(events: list[Fields]) -> bool:
    acted = [json.dumps(event["action"]) for event in events if event.get("action")]
    seen = [json.dumps(event["observation"]) for event in events if event["kind"] == "ObservationEvent"]
    return any(len(what) >= ALIKE for what in (acted, seen)) and all(
        len(what) >= ALIKE and len(set(what[-ALIKE:])) == 1 for what in (acted, seen)
    )


async def ended(task: "asyncio.Task[None] | None") -> None:
    """Cancel the work and wait until it is over."""
    if task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=5)
