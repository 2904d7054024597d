// Drop, paste or choose a photo: what the form does anyway, with fewer steps. Every page works without this file.
"use strict";

const form = document.querySelector("[data-photo-form]");

if (form) {
  const input = form.elements.namedItem("photo");
  const status = form.querySelector("[role=status]");
  const said = status.textContent;
  form.classList.add("live");

  const send = () => {
    form.classList.add("busy");
    status.textContent = "Looking at your photo …";
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      const preview = new Image();
      preview.className = "preview";
      preview.alt = "";
      preview.addEventListener("load", () => form.querySelector("label").prepend(preview));
      preview.src = reader.result; // what the browser cannot show (HEIC), the server may still read
    });
    reader.readAsDataURL(input.files[0]);
    form.requestSubmit();
  };

  const take = (files) => {
    if (files.length === 0) return;
    const one = new DataTransfer();
    one.items.add(files[0]);
    input.files = one.files;
    send();
  };

  input.addEventListener("change", () => input.files.length && send());
  document.addEventListener("paste", (event) => take(event.clipboardData.files));

  const carriesFiles = (event) => event.dataTransfer.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    document.body.classList.add("dragging");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) document.body.classList.remove("dragging");
  });
  document.addEventListener("drop", (event) => {
    document.body.classList.remove("dragging");
    if (!carriesFiles(event)) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  });

  // Back from the answer, the page may be shown as it was left: it is ready for the next photo then.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    form.reset();
    form.classList.remove("busy");
    form.querySelector(".preview")?.remove();
    status.textContent = said;
  });
}
