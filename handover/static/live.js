// Fills a run's page while the run goes on. All HTML comes rendered and escaped from Handover.
import { localise } from "./times.js";

const page = document.querySelector("[data-live]");
const list = document.getElementById("events");
const link = document.getElementById("link");
let source = null;
let over = false;

function say(word, standing) {
  link.hidden = !word;
  link.textContent = word;
  link.className = `link ${standing}`;
}

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

// Only parts that differ are replaced: what is read aloud, opened or focused elsewhere stays as it is.
function renew(event) {
  for (const fresh of parsed(event.data).querySelectorAll("[data-part]")) {
    const shown = page.querySelector(`[data-part="${fresh.dataset.part}"]`);
    if (shown && shown.innerHTML !== fresh.innerHTML) {
      shown.innerHTML = fresh.innerHTML;
      localise(shown);
    }
  }
  const key = page.querySelector(".key").textContent;
  const state = page.querySelector('[data-part="state"]').textContent.trim();
  document.title = `${key} · ${state} · Handover`;
}

function atTheEnd() {
  const root = document.documentElement;
  return root.scrollTop > 0 && root.scrollHeight - root.scrollTop - root.clientHeight < 80;
}

function append(event) {
  const fresh = parsed(event.data).firstElementChild;
  if (document.getElementById(fresh.id)) return;
  const follow = atTheEnd();
  list.append(fresh);
  localise(fresh);
  if (follow) window.scrollTo(0, document.documentElement.scrollHeight);
}

function end() {
  over = true;
  close();
  say("", "");
  document.querySelector(".waiting")?.remove();
}

function close() {
  source?.close();
  source = null;
}

function open() {
  const last = list.lastElementChild?.id.replace("event-", "") ?? "0";
  source = new EventSource(`${page.dataset.live}?after=${last}`);
  source.addEventListener("open", () => say("Live", "on"));
  source.addEventListener("standing", renew);
  source.addEventListener("happened", append);
  source.addEventListener("end", end);
  source.addEventListener("error", () => {
    const given = source?.readyState === EventSource.CLOSED;
    say(given ? "No longer live: load the page again" : "Connection lost, trying again", "off");
  });
}

// A browser opens few connections to one host: pages that nobody sees give theirs up.
function heed() {
  if (document.hidden || over) close();
  else if (!source) open();
}

document.addEventListener("visibilitychange", heed);
heed();
