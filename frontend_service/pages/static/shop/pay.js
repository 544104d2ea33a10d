// Paying with a real card: its number goes from Stripe's own fields directly to Stripe. A payment starts when
// the buyer presses the button, so that opening the page changes nothing.

let current, loading;
begin();
// The order's status is replaced when it changes, and its form with it.
new MutationObserver(begin).observe(document.getElementById("status"), { childList: true });

function begin() {
  const form = document.getElementById("card-form");
  if (!form || form === current) return;
  current = form;
  start(form).catch(() => say(form.dataset.unreachable));
}

function say(words) {
  document.getElementById("card-error").textContent = words;
}

function loadStripe(key) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "https://js.stripe.com/v3/";
    script.onload = () => resolve(window.Stripe(key));
    script.onerror = () => {
      loading = undefined; // the next form tries again
      reject();
    };
    document.head.append(script);
  });
}

async function start(form) {
  const { amount, currency, key } = form.dataset;
  loading ??= loadStripe(key);
  const stripe = await loading;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const elements = stripe.elements({
    mode: "payment",
    amount: Number(amount),
    currency,
    captureMethod: "manual",
    paymentMethodTypes: ["card"],
    appearance: { theme: dark ? "night" : "stripe" },
  });
  elements.create("payment").mount("#card-element");
  const button = form.querySelector("button");
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    form.dataset.busy = "yes"; // while this is set, the page doesn't replace the form
    say("");
    try {
      const problem = await pay(stripe, elements, form.dataset);
      if (!problem) return location.assign(form.dataset.return);
      say(problem);
    } catch {
      say(form.dataset.unreachable);
    }
    delete form.dataset.busy;
    button.disabled = false;
  });
}

// Resolves to the error's text, or to undefined when the payment was approved.
async function pay(stripe, elements, { order, fresh, "return": returnAddress }) {
  const { error: incomplete } = await elements.submit();
  if (incomplete) return incomplete.message;
  await fetch(fresh); // filling in a card may take longer than an access token lasts: a page refreshes it
  const answer = await fetch("/api/payments/intents", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ orderId: order }),
  });
  const intent = await answer.json();
  if (!answer.ok) return intent.detail;
  const { error } = await stripe.confirmPayment({
    elements,
    clientSecret: intent.clientSecret,
    confirmParams: { return_url: new URL(returnAddress, location.href).href },
    redirect: "if_required",
  });
  return error?.message;
}
