// While something is on its way or awaits moderation, requests the page again and takes over what has changed.
// Forms are left alone, so that users don't lose what they are typing.

const EVERY_MS = 1000;

function takeOver(fresh) {
  for (const part of fresh.querySelectorAll("#news, .comments")) {
    const old = document.getElementById(part.id);
    if (!old || old.isEqualNode(part)) continue;
    old.replaceChildren(...part.cloneNode(true).childNodes);
    old.toggleAttribute("data-waiting", part.hasAttribute("data-waiting"));
  }
  const listings = document.getElementById("posts");
  for (const post of [...fresh.querySelectorAll("article")].reverse()) {
    if (!document.getElementById(post.id)) listings.prepend(post.cloneNode(true));
  }
  if (listings.querySelector("article")) document.getElementById("nothing")?.remove();
}

async function look() {
  if (!document.querySelector("[data-waiting]")) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.ok) takeOver(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // The query service is away for a moment; the next request will show more.
  }
  setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
