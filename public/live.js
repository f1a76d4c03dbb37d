// Plain pages stay up to date: parts marked with data-live are taken anew from the server when it says that something changed.
// Where the page holds a form marked with data-live-form, they follow what is typed into it instead.
const PAUSE = 400;
// A server that takes its time is asked less often: this many times as long as its last answer took.
const RESTS = 4;
const parts = () => document.querySelectorAll("[data-live]");
const form = document.querySelector("form[data-live-form]");

const address = () => {
  if (!form) return location.href;
  const typed = new URLSearchParams(new FormData(form));
  return `${location.pathname}?${typed}`;
};

const refresh = async () => {
  const answer = await fetch(address(), { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  // Another project was chosen in another tab: this page goes on showing its own.
  if (fresh.body.dataset.project !== document.body.dataset.project) return;
  for (const part of parts()) {
    const other = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    // Nobody loses her place: what holds the focus waits for the next change.
    const held = part !== document.activeElement && part.contains(document.activeElement);
    if (other && !held && other.innerHTML !== part.innerHTML) part.replaceChildren(...other.childNodes);
  }
};

let wanted = false;
let busy = false;
const refreshSoon = async () => {
  wanted = true;
  if (busy) return;
  busy = true;
  // A page that nobody sees waits until somebody does.
  while (wanted && !document.hidden) {
    wanted = false;
    const began = performance.now();
    // A server that is away says so itself, when it is back.
    await refresh().catch(() => {});
    const pause = Math.max(PAUSE, RESTS * (performance.now() - began));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  busy = false;
};
document.addEventListener("visibilitychange", () => wanted && refreshSoon());

if (form) {
  form.addEventListener("input", refreshSoon);
} else if (parts().length > 0) {
  const source = new EventSource("/api/ui/changes");
  source.addEventListener("changed", refreshSoon);
  // Also the first greeting: the page may be a little older than the connection.
  source.addEventListener("hello", refreshSoon);
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}
