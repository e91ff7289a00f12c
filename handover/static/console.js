// Shows the fields that matter with what is chosen. Without this, all are shown.
for (const row of document.querySelectorAll("[data-only-field]")) {
  const form = row.closest("form");
  const follow = () => {
    const chosen = form.elements[row.dataset.onlyField];
    row.hidden = chosen.value !== row.dataset.onlyValue;
  };
  form.addEventListener("change", follow);
  follow();
}

// On a phone the sections are a line to be scrolled: the one that is open is in sight.
document.querySelector(".sections [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
