// Shows how far something is, every two seconds, until it is done.

const SECONDS = 2;

async function look() {
  const shown = document.getElementById("progress");
  const answer = await fetch(location.href).catch(() => null);
  if (answer?.ok && !answer.redirected) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById("progress");
    if (!shown.contains(document.activeElement)) shown.replaceWith(document.adoptNode(now));
    if (!("running" in now.dataset)) return;
  }
  setTimeout(look, SECONDS * 1000);
}

setTimeout(look, SECONDS * 1000);
