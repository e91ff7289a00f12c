function reason(answer) {
  if (answer?.type === "opaqueredirect") return "you are signed out. Load the page again, and sign in.";
  if (answer?.status === 403) return "you are no administrator any more.";
  if (answer?.status >= 500)
    return `something failed inside Handover, or before it (${answer.status}). Look into Handover's log.`;
  return "Handover is not reached from this browser. Load the page again.";
}

// Asks for the checks once the page stands. Without this, a link does.
const place = document.querySelector("[data-checks]");
if (place) {
  place.querySelector(".looking").hidden = false;
  place.setAttribute("aria-busy", "true");
  const answer = await fetch(place.dataset.checks, { credentials: "same-origin", redirect: "manual" }).catch(() => null);
  const checks = answer?.ok ? await answer.text().catch(() => null) : null;
  if (checks !== null) place.innerHTML = checks;
  else place.querySelector(".looking").textContent = `The checks did not come: ${reason(answer)}`;
  place.removeAttribute("aria-busy");
}

// What takes long says so, and is not sent twice.
for (const form of document.querySelectorAll("[data-waits]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button[type=submit]");
    form.setAttribute("aria-busy", "true");
    button.textContent = form.dataset.waits;
    button.disabled = true;
  });
}

document.querySelector("[data-result]")?.focus();
// Gone back to, the page would still say that it waits.
addEventListener("pageshow", (event) => event.persisted && location.reload());
