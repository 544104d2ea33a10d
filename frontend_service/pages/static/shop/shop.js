// Progressive enhancement: every page works without this script.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const secure = location.protocol === "https:" ? "; Secure" : "";
document.cookie = `zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;

const STYLES = {
  full: { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" },
  short: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  day: { weekday: "short", day: "numeric", month: "short", year: "numeric" },
  clock: { hour: "2-digit", minute: "2-digit" },
};
// The server formats English dates as "24 Nov".
const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
const STUB = { ".month": { month: "short" }, ".day-number": { day: "numeric" } };

// The first page of a visit is rendered before the server has the zone's cookie.
function localise(root) {
  if (document.documentElement.dataset.zone === zone) return;
  const write = (place, moment, format) => {
    place.textContent = new Intl.DateTimeFormat(language, format).format(moment);
  };
  for (const time of root.querySelectorAll("time[data-style]")) {
    const moment = new Date(time.dateTime);
    if (time.dataset.style === "stub") {
      for (const [selector, format] of Object.entries(STUB)) write(time.querySelector(selector), moment, format);
      const thisYear = moment.getFullYear() === new Date().getFullYear();
      write(time.querySelector(".year"), moment, { weekday: "short" });
      if (!thisYear) time.querySelector(".year").textContent += ` ${moment.getFullYear()}`;
    } else {
      write(time, moment, { ...STYLES[time.dataset.style], hourCycle: "h23" });
    }
  }
}
document.addEventListener("fresh", (event) => localise(event.target));

function announce(words) {
  if (words) document.getElementById("announce").textContent = words;
}

// The time left, by the server's clock: the page has the time at which it was rendered.
function countDown(root, onEnd) {
  const place = root.querySelector(".countdown");
  if (!place) return 0;
  const bar = root.querySelector(".time-bar");
  const ahead = Date.parse(place.dataset.now) - Date.now();
  const until = Date.parse(place.dataset.until);
  let last = Infinity;
  const tick = () => {
    const left = Math.max(0, Math.ceil((until - ahead - Date.now()) / 1000));
    place.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    place.classList.toggle("soon", left <= 120);
    bar.value = left;
    for (const minutes of [5, 2]) {
      if (last > minutes * 60 && left <= minutes * 60 && Number.isFinite(last)) announce(`${minutes} ${place.dataset.words}`);
    }
    last = left;
    if (left === 0) {
      clearInterval(ticking);
      onEnd();
    }
  };
  const ticking = setInterval(tick, 1000);
  tick();
  return ticking;
}

// The input, the open details and the focus in a partial, by the form's action and the control's name or text,
// since the new partial has other elements. Returns a function that restores them.
function saveInput(box) {
  const keyOf = (control) => `${control.form?.getAttribute("action") ?? ""} ${control.name} ${control.type === "radio" ? control.value : ""}`;
  const controls = () => [...box.querySelectorAll("input:not([type=hidden]), textarea, select")];
  const words = (element) => `${element.tagName} ${element.textContent.trim()}`;
  const changed = new Map();
  for (const control of controls()) {
    if ("checked" in control && control.checked !== control.defaultChecked) changed.set(keyOf(control), control.checked);
    else if (control.value !== control.defaultValue) changed.set(keyOf(control), control.value);
  }
  const opened = [...box.querySelectorAll("details[open] > summary")].map(words);
  const active = box.contains(document.activeElement) ? document.activeElement : null;
  const isControl = active?.matches("input, textarea, select");
  const key = active && (isControl ? keyOf(active) : words(active));
  const selection = isControl && active.type !== "radio" ? [active.selectionStart, active.selectionEnd] : null;
  return () => {
    for (const control of controls()) {
      const value = changed.get(keyOf(control));
      if (typeof value === "boolean") control.checked = value;
      else if (value !== undefined) control.value = value;
    }
    for (const summary of box.querySelectorAll("summary")) {
      if (opened.includes(words(summary))) summary.parentElement.open = true;
    }
    if (!active) return;
    const candidates = isControl ? controls() : [...box.querySelectorAll("a, button, summary, [tabindex]")];
    const same = candidates.find((element) => (isControl ? keyOf(element) : words(element)) === key);
    if (same) {
      same.focus({ preventScroll: true });
      if (selection) same.setSelectionRange?.(...selection);
    } else {
      // The focused control is gone: move the focus to the partial itself.
      const heading = box.querySelector("h2") ?? box;
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    }
  };
}

// Poll a partial: often while a change is expected, seldom otherwise.
function poll(box) {
  const QUICK = 1000, CALM = 5000, SLOW = 30000;
  let delay, timer, ticking, etag = box.dataset.etag;

  const partial = () => box.firstElementChild;
  const pace = () => ("waiting" in partial().dataset ? QUICK : CALM);
  const schedule = (next) => {
    delay = Math.min(next, SLOW);
    clearTimeout(timer);
    timer = setTimeout(request, delay);
  };
  const restart = () => {
    clearInterval(ticking);
    ticking = countDown(box, () => schedule(QUICK));
    schedule("check" in partial().dataset ? 0 : pace());
  };
  const show = (fresh) => {
    const restore = saveInput(box);
    box.replaceChildren(fresh);
    localise(box);
    restore();
    announce(fresh.dataset.say ?? fresh.querySelector("h2")?.textContent);
    restart();
  };
  async function request() {
    if (document.hidden || box.querySelector("[data-busy], [data-sent]")) return schedule(delay);
    try {
      const answer = await fetch(box.dataset.poll, { redirect: "manual", cache: "no-store", headers: { "If-None-Match": etag } });
      // The session has ended, or the visitor has no access any more: the page itself shows what to do.
      if (answer.type === "opaqueredirect" || answer.status === 403) return location.reload();
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        etag = answer.headers.get("ETag");
        return show(document.adoptNode(page.body.firstElementChild));
      }
    } catch {
      // Keep polling after a failed request.
    }
    schedule(Math.max(delay, pace()) * 1.4);
  }
  document.addEventListener("visibilitychange", () => document.hidden || schedule(0));
  restart();
}

// One click sends one request, and the button is disabled after it.
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

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

localise(document);
document.querySelectorAll("[data-poll]").forEach(poll);
