// Search while typing, and cards that show when a ticket is held or sold. Without script the button searches.

const form = document.getElementById("search");
const listings = () => document.getElementById("listings");

let timer, controller;
function address() {
  const filled = [...new FormData(form)].filter(([, value]) => value !== "");
  return `${form.getAttribute("action")}${filled.length ? `?${new URLSearchParams(filled)}` : ""}`;
}

async function search() {
  controller?.abort();
  controller = new AbortController();
  const url = address();
  listings().setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { signal: controller.signal });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = document.adoptNode(page.getElementById("listings"));
    listings().replaceWith(fresh);
    history.replaceState(null, "", url);
    document.title = page.title;
    fresh.dispatchEvent(new Event("fresh", { bubbles: true }));
    document.getElementById("announce").textContent = fresh.dataset.say;
  } catch (error) {
    // A newer search replaced this one, or the button will show the error.
    if (error.name !== "AbortError") listings().removeAttribute("aria-busy");
  }
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(search, 250);
});

const QUICK = 5000, SLOW = 60000;
let delay = QUICK, etag = "", etagOf = "";
async function pollCards() {
  const cards = [...document.querySelectorAll("[data-card]")];
  const ids = cards.map((card) => card.dataset.card).join();
  if (ids && !document.hidden) {
    try {
      const list = document.querySelector("[data-cards]").dataset.cards;
      const known = etagOf === ids ? { "If-None-Match": etag } : {};
      const answer = await fetch(`${list}?ids=${ids}`, { cache: "no-store", headers: known });
      delay = answer.ok ? QUICK : delay * 1.4;
      if (answer.ok) {
        [etag, etagOf] = [answer.headers.get("ETag"), ids];
        showStates(cards, await answer.json());
      }
    } catch {
      delay *= 1.4;
    }
  }
  delay = Math.min(delay, SLOW);
  setTimeout(pollCards, delay);
}

function showStates(cards, states) {
  for (const card of cards) {
    const { state, word } = states[card.dataset.card] ?? {};
    if (!state || state === card.dataset.state) continue;
    card.dataset.state = state;
    const place = card.querySelector("[data-word]");
    place.textContent = word;
    place.hidden = !word;
  }
}
setTimeout(pollCards, delay);
