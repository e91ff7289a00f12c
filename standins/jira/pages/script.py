"""The pages' one script: keeps an issue current, and sends the choice of who one is."""

SCRIPT = """
"use strict";
const choice = document.getElementById("you-are");
if (choice) {
  choice.form.querySelector("button").hidden = true;
  choice.addEventListener("change", () => choice.form.submit());
}
const panel = document.getElementById("panel");
const news = document.getElementById("news");
let shown = "";
async function renew() {
  try {
    const answer = await fetch(location.pathname + "/panel", { cache: "no-store" });
    if (answer.status === 404) { news.textContent = "This issue is gone."; return; }
    const text = answer.ok ? await answer.text() : shown;
    if (shown && text !== shown) {
      panel.innerHTML = text;
      news.textContent = "The issue has changed.";
    }
    shown = text;
  } catch { /* The stand-in is away; the next look will tell. */ }
  setTimeout(renew, document.hidden ? 5000 : 1000);
}
if (panel) renew();
"""
