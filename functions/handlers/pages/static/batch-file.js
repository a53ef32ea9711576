// Reads a chosen file into the field that is sent: without script, people paste it there.
const chooser = document.querySelector("input[type=file][data-into]");
chooser.closest("[hidden]").hidden = false;
chooser.addEventListener("change", async () => {
  const [file] = chooser.files;
  if (file) document.getElementById(chooser.dataset.into).value = await file.text();
});
