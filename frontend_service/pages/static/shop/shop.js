// Everything in here is an extra: each page does its work without it.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const secure = location.protocol === "https:" ? "; Secure" : "";
document.cookie = `zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;

const STYLES = {
  full: { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" },
  day: { weekday: "short", day: "numeric", month: "short", year: "numeric" },
  clock: { hour: "2-digit", minute: "2-digit" },
};

// The first page of a visit is rendered before the server can know the zone.
function localise(root) {
  if (document.documentElement.dataset.zone === zone) return;
  for (const time of root.querySelectorAll("time[data-style]")) {
    const format = { ...STYLES[time.dataset.style], hourCycle: "h23" };
    time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, format).format(new Date(time.dateTime));
  }
}

function announce(words) {
  const place = document.getElementById("announce");
  if (place) place.textContent = words;
}

// The time left, by the server's clock: the page says what time it was when it was made.
let ticking = 0;
function countDown(root, onEnd) {
  clearInterval(ticking);
  const place = root.querySelector(".countdown");
  if (!place) return;
  const ahead = Date.parse(place.dataset.now) - Date.now();
  const until = Date.parse(place.dataset.until);
  let last = Infinity;
  const tick = () => {
    const left = Math.max(0, Math.ceil((until - ahead - Date.now()) / 1000));
    place.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    place.classList.toggle("soon", left <= 120);
    for (const minutes of [5, 2]) {
      if (last > minutes * 60 && left <= minutes * 60 && Number.isFinite(last)) announce(`${minutes} ${place.dataset.words}`);
    }
    last = left;
    if (left === 0) {
      clearInterval(ticking);
      onEnd();
    }
  };
  ticking = setInterval(tick, 1000);
  tick();
}

// An order's page asks how it stands: often while something is about to happen, seldom otherwise.
function follow(box) {
  const QUICK = 1000, SLOW = 15000;
  let delay, timer;

  const shown = () => box.querySelector("[data-state]");
  const plan = (next) => {
    delay = next;
    clearTimeout(timer);
    timer = setTimeout(ask, delay);
  };
  const restart = () => {
    countDown(box, () => plan(QUICK));
    plan("waiting" in shown().dataset ? QUICK : SLOW);
  };
  const show = (section) => {
    box.replaceChildren(section);
    localise(box);
    announce(section.querySelector("h2").textContent);
    restart();
  };
  async function ask() {
    if (document.hidden || box.querySelector("[data-busy]")) return plan(delay);
    try {
      const answer = await fetch(box.dataset.poll, { redirect: "manual" });
      if (answer.type === "opaqueredirect") return location.reload();
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const section = page.querySelector("[data-state]");
        if (section && section.dataset.state !== shown().dataset.state) return show(document.adoptNode(section));
      }
    } catch {
      // No answer now is no reason to stop asking.
    }
    plan(Math.min(delay * 1.4, SLOW));
  }
  document.addEventListener("visibilitychange", () => document.hidden || plan(0));
  restart();
}

// One click is one request, and the button says that it was heard.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  form.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", "true"));
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelectorAll("button").forEach((button) => button.removeAttribute("aria-disabled"));
  }
});

localise(document);
const box = document.querySelector("[data-poll]");
if (box) follow(box);
