// The preview shows the input while it is typed. Without script the Preview button does.

const form = document.querySelector("form[data-preview]");
const preview = document.querySelector(".preview");

function show() {
  for (const place of preview.querySelectorAll("[data-shows]")) {
    const value = form.elements[place.dataset.shows].value.trim();
    const amount = Number(value.replace(",", "."));
    if (place.dataset.shows !== "price") place.textContent = value || place.dataset.empty;
    else if (Number.isFinite(amount)) place.textContent = money(amount, form.elements.currency.value);
  }
  showDate(form.elements.startsAt.value);
}

function money(amount, currency) {
  return new Intl.NumberFormat("en-US", { style: "currency", currency }).format(amount);
}

// The time as typed, in the form's zone, not in the browser's.
function showDate(text) {
  const date = document.createElement("span");
  date.className = "date";
  const [year, month, day] = text.split(/\D/).map(Number);
  const moment = new Date(year, month - 1, day);
  const write = (name, words) => {
    const line = document.createElement("span");
    line.className = name;
    line.textContent = words;
    date.append(line, " ");
  };
  const say = (format) => new Intl.DateTimeFormat(document.documentElement.lang, format).format(moment);
  if (!text) {
    preview.querySelector(".stub").replaceChildren(...empty.cloneNode(true).childNodes);
    return;
  }
  write("month", say({ month: "short" }));
  write("day-number", say({ day: "numeric" }));
  write("year", year === new Date().getFullYear() ? say({ weekday: "short" }) : `${say({ weekday: "short" })} ${year}`);
  preview.querySelector(".stub").replaceChildren(date);
}

const empty = document.getElementById("open-date").content.querySelector(".stub");
form.addEventListener("input", show);
form.querySelector("[name=preview]")?.remove();
show();
