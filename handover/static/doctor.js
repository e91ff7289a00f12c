// Asks for the checks once the page stands. Without this, a link does.
const place = document.querySelector("[data-checks]");
if (place) {
  place.querySelector(".looking").hidden = false;
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(place.dataset.checks, { credentials: "same-origin", redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    place.innerHTML = await answer.text();
  } catch {
    place.querySelector(".looking").textContent =
      "The checks did not come: Handover is not reached from this browser, or you are signed out. Load the page again.";
  }
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
