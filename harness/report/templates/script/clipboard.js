// Onto the clipboard, as text and, where there is more to it, as HTML.
async function copy(text, html) {
  const kinds = { "text/plain": text, ...(html && { "text/html": html }) };
  try {
    const blobs = Object.entries(kinds).map(([type, value]) => [type, new Blob([value], { type })]);
    await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
  } catch {
    copyByEvent(kinds);
  }
}

// The older way, for browsers that keep the clipboard from pages without a secure origin.
function copyByEvent(kinds) {
  const fill = (event) => {
    event.preventDefault();
    for (const [type, value] of Object.entries(kinds)) event.clipboardData.setData(type, value);
  };
  document.addEventListener("copy", fill, { once: true });
  const copied = document.execCommand("copy");
  document.removeEventListener("copy", fill);
  if (!copied) throw new Error("the browser keeps the clipboard to itself");
}

function copyButton(label, content) {
  const button = makeButton("Copy", "tool", async () => {
    try {
      await copy(...content());
      done(button, "Copied");
    } catch {
      done(button, "Not allowed");
    }
  });
  button.setAttribute("aria-label", `Copy ${label}`);
  return button;
}
