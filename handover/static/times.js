// Times are written in UTC; pointing at one tells the reader's own. A duration that goes on is counted on.
const own = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

export function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.title = `${own.format(new Date(time.dateTime))} (your time)`;
  }
}

function lasted(seconds) {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours) return `${hours} h ${minutes % 60} min`;
  return minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

function countOn() {
  for (const element of document.querySelectorAll("[data-since]")) {
    const since = Math.floor((Date.now() - Date.parse(element.dataset.since)) / 1000);
    element.textContent = lasted(Math.max(0, since));
  }
}

localise(document);
setInterval(countOn, 1000);
