// Opens what a link or a button leads to in a dialog. Escape and Close leave it; nothing is sent.

async function open(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const opener = event.currentTarget;
  const content = await contentOf(requestOf(opener)).catch(() => null);
  if (!content) {
    if (opener.form) opener.form.requestSubmit(opener);
    else location.assign(opener.href);
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

function requestOf(opener) {
  if (!opener.form) return new Request(opener.href);
  const address = opener.getAttribute("formaction") ?? opener.form.action;
  const body = new URLSearchParams(new FormData(opener.form, opener));
  return new Request(address, { method: "POST", body });
}

async function contentOf(request) {
  const answer = await fetch(request);
  if (!answer.ok || answer.redirected) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return document.adoptNode(page.querySelector("[data-dialog-content]"));
}

for (const opener of document.querySelectorAll("[data-dialog]")) opener.addEventListener("click", open);
