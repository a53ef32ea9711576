// Opens the form that a link leads to in a dialog. Escape and Close leave it, and nothing is sent.

async function open(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const link = event.currentTarget;
  const content = await contentOf(link.href).catch(() => null);
  if (!content) {
    location.assign(link.href);
    return;
  }
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", content.querySelector("h1").id);
  dialog.append(content);
  document.body.append(dialog);
  content.querySelector("[data-close]").addEventListener("click", (press) => {
    press.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

async function contentOf(address) {
  const answer = await fetch(address);
  if (!answer.ok || answer.redirected) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return document.adoptNode(page.querySelector("[data-dialog-content]"));
}

for (const link of document.querySelectorAll("a[data-dialog]")) link.addEventListener("click", open);
