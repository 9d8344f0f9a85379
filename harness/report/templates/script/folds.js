// What is folded opens when a link leads into it; the contents fold on a small screen.
function named(hash) {
  try {
    return document.getElementById(decodeURIComponent(hash.slice(1)));
  } catch {
    return null; // An address that somebody cut short.
  }
}

function openTo(hash) {
  const target = named(hash);
  if (!target) return;
  for (let at = target; at; at = at.parentElement?.closest("details")) {
    if (at.tagName === "DETAILS") at.open = true;
  }
  target.scrollIntoView();
}

function foldContents() {
  const contents = document.querySelector(".contents details");
  const small = matchMedia("(max-width: 48rem)");
  const follow = () => {
    contents.open = !small.matches;
  };
  follow();
  small.addEventListener("change", follow);
  contents.addEventListener("click", (event) => {
    if (small.matches && event.target.closest("a")) contents.open = false;
  });
}

// The section that is being read, in the contents.
function followReading() {
  const links = new Map(
    [...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]),
  );
  const seen = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) seen.add(target.id);
      else seen.delete(target.id);
    }
    const now = [...links.keys()].find((id) => seen.has(id));
    for (const [id, link] of links) {
      if (id === now) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  });
  for (const id of links.keys()) watch.observe(document.getElementById(id));
}
