// Buttons that copy a text: <button data-copy="id of the text">.
async function copied(element) {
  const text = element.value ?? element.textContent.trim();
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return true;
  }
  // Without TLS there is no clipboard to ask: select the text, and try the old way.
  const range = document.createRange();
  range.selectNodeContents(element);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  return document.execCommand("copy");
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const words = button.dataset.words ?? button.textContent;
  button.dataset.words = words;
  const done = await copied(document.getElementById(button.dataset.copy)).catch(() => false);
  button.textContent = done ? "Copied" : "Selected: press Ctrl+C";
  setTimeout(() => { button.textContent = words; }, 2000);
});
