"""The variables that an agent-server starts with: these, and none of ours."""

from pathlib import PurePath

SESSION_KEY = "OH_SESSION_API_KEYS_0"
# One run has one conversation; the other place is room for one that is about to end.
RUNS_AT_ONCE = 2


def environment(
    *, state: PurePath, workspace: PurePath, temporary: PurePath, session_key: str, secret_key: str
) -> dict[str, str]:
    """The agent-server's variables. The paths are those that the agent sees."""
    return {
        **_of_the_agent_server(state, workspace),
        SESSION_KEY: session_key,
        "OH_SECRET_KEY": secret_key,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(state / "home"),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        # The agent-server stamps its events in its own time zone and does not name it.
        "TZ": "UTC",
        "GIT_AUTHOR_NAME": "OpenHands",
        "GIT_AUTHOR_EMAIL": "openhands@sandbox.invalid",
        "GIT_COMMITTER_NAME": "OpenHands",
        "GIT_COMMITTER_EMAIL": "openhands@sandbox.invalid",
        "GIT_TERMINAL_PROMPT": "0",
    }


def _of_the_agent_server(state: PurePath, workspace: PurePath) -> dict[str, str]:
    return {
        "OH_CONVERSATIONS_PATH": str(state / "conversations"),
        "OH_BASH_EVENTS_DIR": str(state / "bash"),
        "OH_WORKSPACE_PATH": str(workspace),
        "OH_ENABLE_VSCODE": "false",
        "OH_ENABLE_BROWSER": "false",
        "OH_PRELOAD_TOOLS": "false",
        # In a fresh process namespace a dead server's lease looks alive: without this, resuming waits for 45 s.
        "OH_LEASE_TTL_SECONDS": "0",
        "OH_MAX_CONCURRENT_RUNS": str(RUNS_AT_ONCE),
        # Else its start asks GitHub for a price list, and tries again.
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "DO_NOT_TRACK": "1",
        "OPENHANDS_SUPPRESS_BANNER": "1",
    }
