// What the operators' admin adds where scripts run; every page works without it.
(() => {
  "use strict";

  // A button beside each id copies it whole.
  const copy = async (button, text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // No clipboard without https: leave the id selected instead.
      getSelection().selectAllChildren(button.previousElementSibling.querySelector(".id") ?? button.previousElementSibling);
      document.execCommand("copy");
    }
    button.dataset.copied = "";
    button.setAttribute("aria-label", "Copied");
    setTimeout(() => {
      delete button.dataset.copied;
      button.setAttribute("aria-label", button.title);
    }, 1500);
  };

  const addCopyButton = (id) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.title = `Copy ${id.textContent}`;
    button.setAttribute("aria-label", button.title);
    button.addEventListener("click", () => copy(button, id.textContent));
    (id.closest("a") ?? id).after(button);
  };

  // What is selected and typed on a list comes back where the session ends before the action has run: a page
  // with a message is the action's answer, any other one is what the sign-in page has led back to.
  const KEPT_MS = 30 * 60 * 1000;
  const keepForm = (form) => {
    const key = `staff-form:${location.pathname}`;
    const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
    sessionStorage.removeItem(key);
    if (kept && Date.now() - kept.at < KEPT_MS && !document.querySelector(".messagelist")) {
      for (const [name, value] of kept.fields) {
        for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
          if (field.type === "checkbox") field.checked ||= field.value === value;
          else field.value = value;
        }
      }
    }
    form.addEventListener("submit", () => {
      const fields = [...new FormData(form)].filter(([name]) => !["csrfmiddlewaretoken", "index", "select_across"].includes(name));
      sessionStorage.setItem(key, JSON.stringify({ at: Date.now(), fields }));
    });
  };

  // On a narrow screen the filters are closed until they are asked for.
  const closeFilters = (filters) => {
    if (!matchMedia("(max-width: 47.99rem)").matches) return;
    for (const one of filters.querySelectorAll("details")) one.open = one.querySelector("li.selected:not(:first-child)") !== null;
  };

  document.querySelectorAll(".id").forEach(addCopyButton);
  document.querySelectorAll("#changelist-form").forEach(keepForm);
  document.querySelectorAll("#changelist-filter").forEach(closeFilters);
})();
