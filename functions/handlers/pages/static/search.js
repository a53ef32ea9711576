// Lets "/" lead to the search box of a list, unless somebody is typing.

const box = document.querySelector("input[type=search]");

document.addEventListener("keydown", (press) => {
  const typing = press.target.closest("input, select, textarea, [contenteditable]");
  if (press.key !== "/" || typing || press.ctrlKey || press.metaKey || press.altKey) return;
  press.preventDefault();
  box.focus();
  box.select();
});
