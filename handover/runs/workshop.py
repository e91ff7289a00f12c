"""The folder of one run: the clone that we keep, the sandbox's part, and the work that was taken out."""

from pathlib import Path

from handover import settings
from handover.configuration.store import current
from handover.sandboxes.blueprint import Blueprint, Limits
from handover.sandboxes.folder import Folder, remove

MODEL_SOCKET: Path = settings.DATA / "gateway" / "model.sock"


class Workshop:
    """Where one run keeps its things. Only parts of `sandbox` may be written from inside the sandbox."""

    def __init__(self, run_id: str) -> None:
        self.folder = settings.DATA / "runs" / run_id
        self.clone = self.folder / "clone.git"
        self.bundle_in = self.folder / "base.bundle"
        self.bundle_out = self.folder / "work.bundle"
        self.sandbox = self.folder / "sandbox"

    def blueprint(self, run_id: str) -> Blueprint:
        """How the run's sandbox is built."""
        return Blueprint(
            run_id=run_id,
            folder=self.sandbox,
            agent=settings.AGENT,
            agent_environment=settings.AGENT_ENVIRONMENT,
            uid=settings.SANDBOX_UID,
            model_socket=MODEL_SOCKET,
            kind=current().agents.sandbox,
            limits=Limits(
                memory_bytes=current().agents.memory_megabytes * 2**20,
                file_bytes=current().agents.file_megabytes * 2**20,
            ),
        )

    def keep(self, bundle: bytes) -> None:
        """Keep the work that was taken out, whole or not at all."""
        fresh = self.bundle_out.with_suffix(".part")
        fresh.write_bytes(bundle)
        fresh.rename(self.bundle_out)

    def clear(self) -> None:
        """Remove what weighs. The conversation's own record is kept, so that it can be gone on with."""
        sandbox = Folder(self.sandbox)
        for weighs in (self.clone, self.bundle_in, self.bundle_out, sandbox.workspace, sandbox.inbox, sandbox.outbox):
            remove(weighs)
