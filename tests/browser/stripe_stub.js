// A stub of the parts of Stripe's script that pay.js uses: one field for a card number; requests confirm it.
window.Stripe = (key) => ({
  elements: (options) => {
    const field = document.createElement("input");
    return {
      create: (kind) => ({
        mount: (where) => {
          field.setAttribute("aria-label", `Card (${kind})`);
          document.querySelector(where).append(field);
        },
      }),
      submit: async () => (field.value ? {} : { error: { message: "Your card number is incomplete." } }),
      sent: () => ({ key, options, number: field.value }),
    };
  },
  confirmPayment: async ({ elements, clientSecret, confirmParams, redirect }) => {
    const body = JSON.stringify({ ...elements.sent(), clientSecret, redirect });
    const answer = await (await fetch("https://api.stripe.com/confirm", { method: "POST", body })).json();
    if (!answer.bank) return answer;
    location.assign(`${answer.bank}?back=${encodeURIComponent(confirmParams.return_url)}`);
    return new Promise(() => {}); // the page is left
  },
});
