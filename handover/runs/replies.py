"""Every sentence that Handover says on an issue, in Markdown. Each tells what happened and the next step."""

import re
from collections.abc import Sequence
from decimal import Decimal

from handover.runs.models import Cause

# https://spec.commonmark.org/0.31.2/#backslash-escapes
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
AGAIN = "To try again, write another comment with `{mention}`."


def accepted(*, run_url: str) -> str:
    """The first word, within two seconds."""
    return f"On it. Follow the work here: [live run]({run_url})."


def working(*, repository: str, base_branch: str, run_url: str) -> str:
    """The agent has started."""
    return f"The agent is at work on `{repository}` (from `{base_branch}`). Follow it here: [live run]({run_url})."


def no_account(*, home_url: str) -> str:
    """Nobody here is known to be this Jira user, and nobody here has their address."""
    return (
        "I work with your own rights, and you have no Handover account that I know of. "
        f"Sign in at [Handover]({home_url}), or ask an administrator for an invitation; then mention me again."
    )


def not_linked(*, link_url: str) -> str:
    """Somebody here has this Jira user's address, but has not said that they are this user."""
    return (
        "You have a Handover account, but it is not linked with your Jira user yet, so I can't act with your rights. "
        f"[Link it in your settings]({link_url}), then mention me again."
    )


def link_lost(*, link_url: str) -> str:
    """The link's token is no longer taken by Jira."""
    return (
        "The link between your Handover account and your Jira user no longer works. "
        f"[Connect Jira again in your settings]({link_url}), then mention me again."
    )


def issue_not_seen(*, mention: str) -> str:
    """The member's own Jira user does not see the issue, or it is gone."""
    return (
        "I read issues as you see them, and Jira does not show me this one with your account. Ask whoever leads the "
        f"project to let you see it. {AGAIN.format(mention=mention)}"
    )


def account_closed(*, branch: str, home_url: str) -> str:
    """The member's account was closed while the run was under way. `branch` is what was pushed before, if anything."""
    pushed = f"The work is pushed to `{branch}`; there is no pull request. " if branch else "Nothing was pushed. "
    return (
        f"Your Handover account was closed, so nothing more is done in your name. {pushed}"
        f"An administrator of [Handover]({home_url}) can open it again."
    )


def may_not_start(*, project: str, home_url: str) -> str:
    """Who may start is configured, and this person may not here."""
    return (
        f"You may not start an agent in the project {literal(project)}. Who may is decided by the administrators of "
        f"[Handover]({home_url}); ask one of them if you should."
    )


def no_forge() -> str:
    """No forge is set up at all."""
    return "No Git host is set up in Handover yet. An administrator adds one; then mention me again."


def no_forge_account(*, forge_url: str, accounts_url: str) -> str:
    """The member has no credential on the forge."""
    return (
        f"I have no account of yours on {forge_url}, and I work only with your own rights. "
        f"[Add it in your settings]({accounts_url}), then mention me again."
    )


def forge_credential_refused(*, forge_url: str, accounts_url: str) -> str:
    """The member's own credential is no longer accepted."""
    return (
        f"{forge_url} no longer accepts your credential. "
        f"[Connect your account again in your settings]({accounts_url}), then mention me again."
    )


def no_repository(*, mention: str) -> str:
    """No reference in the comment nor in the description."""
    return (
        "I found no repository to work on. Add a line such as `Repository: Owner/name` to the description or to a new "
        f"comment, and mention me there with `{mention}`."
    )


def several_repositories(paths: Sequence[str], *, mention: str) -> str:
    """More than one reference."""
    named = ", ".join(f"`{path}`" for path in paths)
    return (
        f"I found several repositories: {named}. Name one in a new comment with `{mention}`: `Repository: Owner/name`."
    )


def repository_closed(*, path: str, forge_url: str) -> str:
    """Missing, hidden or not writable: one sentence for all, so that nobody learns what exists."""
    return (
        f"`{path}` does not exist on {forge_url}, or your account there may not push to it. "
        "Check the name, or ask its owner for write access; then mention me again."
    )


def forge_refused(*, reason: str) -> str:
    """The forge let the member's account not in, for a reason of its own: single sign-on, an address list."""
    return f"The forge refused your account: {literal(reason)}\n\nWhen that is settled, mention me again."


def on_the_page(*, run_url: str) -> str:
    """Where Jira does not take the whole text."""
    return f"This run has news. Its [page]({run_url}) tells them; they are too long for this Jira."


def forge_unavailable(*, forge_url: str, branch: str) -> str:
    """The forge did not answer, many times. `branch` is what was pushed before, if anything."""
    if branch:
        return (
            f"The work is pushed to `{branch}`, but {forge_url} did not answer, though I tried many times, so there is "
            "no pull request yet. Open one from that branch when it is back."
        )
    return (
        f"{forge_url} did not answer, though I tried many times. Nothing was pushed. Mention me again when it is back."
    )


def edited_by_another(*, editor: str, mention: str) -> str:
    """The comment carries another person's words: its author's rights are not theirs to use."""
    return (
        f"{literal(editor)} has edited this comment, so I can't tell whether its author asks. "
        f"Whoever wants this writes a comment of their own with `{mention}`."
    )


def jira_refused(*, reason: str, mention: str) -> str:
    """The bot may not read or write here, or its token is not accepted."""
    return (
        f"Jira did not let me read the request: {literal(reason)}\n\nAn administrator can check the bot's token and "
        f"its rights in this project. {AGAIN.format(mention=mention)}"
    )


def jira_unavailable(*, mention: str) -> str:
    """Jira did not answer while the request was read; it is told when Jira is back."""
    return f"Jira did not answer, though I tried many times, so the run ended. {AGAIN.format(mention=mention)}"


def pull_request(*, url: str, number: int, report: str, changes: str) -> str:
    """The work is on the forge."""
    return f"Done: [pull request #{number}]({url})\n\n{changes}\n\n{_report(report)}".rstrip()


def nothing_to_change(*, report: str, mention: str) -> str:
    """The agent finished, and the repository is as it was."""
    return (
        "The agent ended without changing anything in the repository, so there is no pull request.\n\n"
        f"{_report(report)}\n\nIf you expected a change, say what is missing in a new comment with `{mention}`."
    )


def asks(*, question: str, mention: str) -> str:
    """The agent cannot go on without an answer."""
    return (
        f"The agent has a question before it can go on:\n\n{_quoted(question)}\n\nAnswer in a comment with `{mention}`."
    )


def work_refused(*, reason: str, mention: str) -> str:
    """What the agent made may not be pushed."""
    return (
        f"The agent's work was not pushed: {literal(reason)}\n\nSay how to do without it in a comment with `{mention}`."
    )


def push_refused(*, reason: str) -> str:
    """The forge did not take the branch or the pull request."""
    return f"The forge did not take the work: {literal(reason)}\n\nWhen that is settled, mention me again."


def stopped(*, by: str, mention: str) -> str:
    """Somebody stopped it."""
    return f"Stopped ({literal(by)}). Nothing was pushed. {AGAIN.format(mention=mention)}"


def out_of_budget(cause: Cause, *, spent: Decimal, mention: str) -> str:
    """Money, steps or time are used up."""
    limit = {
        Cause.CEILING: f"it reached the cost ceiling of one run ({spent:.2f} spent)",
        Cause.STEPS: "it used up the steps of one run",
        Cause.TIME: "it used up the time of one run",
    }[cause]
    return (
        f"The agent was stopped because {limit}. Nothing was pushed. Split the task into smaller ones, or ask an "
        f"administrator to raise the limit. {AGAIN.format(mention=mention)}"
    )


def no_model(*, mention: str) -> str:
    """No model is configured."""
    return (
        "No model is set up in Handover yet, so no agent can work. An administrator sets it in the Admin Console, "
        f"under Model. {AGAIN.format(mention=mention)}"
    )


def model_trouble(cause: Cause, *, mention: str) -> str:
    """The model did not serve the agent."""
    what = {
        Cause.MODEL_REFUSED: "the model refused Handover's key. An administrator sets another in the Admin Console",
        Cause.MODEL_UNAVAILABLE: "the model did not answer. An administrator can check the Model in the Admin Console",
        Cause.MODEL_RATE_LIMITED: "the model's rate limit was reached. Try later, or have an administrator raise it",
    }[cause]
    return f"The agent could not work: {what}. Nothing was pushed. {AGAIN.format(mention=mention)}"


def agent_trouble(cause: Cause, *, run_url: str, mention: str) -> str:
    """The agent or its sandbox failed."""
    what = {
        Cause.STUCK: "repeated itself without getting on",
        Cause.AGENT_FAILED: "ended with an error",
        Cause.SANDBOX_FAILED: "could not be kept running",
    }[cause]
    return (
        f"The agent {what}. Nothing was pushed. The [run's page]({run_url}) shows its last steps. "
        f"{AGAIN.format(mention=mention)}"
    )


def fault(*, run_url: str, mention: str) -> str:
    """Our own mistake."""
    return (
        f"Something went wrong inside Handover, not in your request. An administrator finds the [run]({run_url}) in "
        f"Handover's log. {AGAIN.format(mention=mention)}"
    )


def of_cause(cause: Cause, *, spent: Decimal, stopped_by: str, run_url: str, mention: str) -> str:
    """What is told where the agent ended without finishing its work."""
    match cause:
        case Cause.STOPPED:
            return stopped(by=stopped_by, mention=mention)
        case Cause.CEILING | Cause.STEPS | Cause.TIME:
            return out_of_budget(cause, spent=spent, mention=mention)
        case Cause.MODEL_REFUSED | Cause.MODEL_UNAVAILABLE | Cause.MODEL_RATE_LIMITED:
            return model_trouble(cause, mention=mention)
    return agent_trouble(cause, run_url=run_url, mention=mention)


def pull_request_body(
    *, issue_key: str, issue_url: str, run_url: str, asker: str, request: str, report: str, changed: str
) -> str:
    """The pull request's description. Quoted text is a claim of the asker or of the agent, and stands as such."""
    parts = [
        f"For [{issue_key}]({issue_url}), at the request of {literal(asker)}.",
        f"**Request**\n\n{_quoted(request)}" if request.strip() else "",
        f"**Changed**\n\n{changed}",
        f"**What the agent reports**\n\n{_quoted(report)}" if report.strip() else "",
        f"[The run]({run_url}) shows each step.",
    ]
    return "\n\n".join(part for part in parts if part)


def literal(text: str) -> str:
    """The text as it is, in Markdown: names of files and words of a forge make no link, no mention and no heading."""
    return _PUNCTUATION.sub(r"\\\g<0>", " ".join(text.split()))


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.strip().splitlines())


def _report(report: str) -> str:
    return f"The agent reports:\n\n{_quoted(report)}" if report.strip() else "The agent wrote no report."
