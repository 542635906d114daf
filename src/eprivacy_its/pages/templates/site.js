(function () {
  var root = document.documentElement, key = "eprivacy-its-theme";
  function stored(value) {
    try { return value ? localStorage.setItem(key, value) : localStorage.getItem(key); } catch (e) { return null; }
  }
  var kept = stored();
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  function dark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }
  function unfold() {
    var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (var at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target && target.classList.contains("its-cell")) {
      var code = target.querySelector("details.its-input");
      if (code) code.open = true;
    }
  }
  function value(row, place) {
    var text = row.cells[place].textContent.trim();
    var plain = text.replace(/,/g, "").replace(/\u2212/g, "-").replace(/\s*%$/, "");
    return plain !== "" && isFinite(plain) ? Number(plain) : text;
  }
  function compare(one, other) {
    if (one === "\u2013" || other === "\u2013") return (one === "\u2013") - (other === "\u2013");
    if (typeof one === "number" && typeof other === "number") return one - other;
    return String(one).localeCompare(String(other), "en");
  }
  function sortable(head) {
    var button = document.createElement("button"), body = head.closest("table").tBodies[0];
    button.type = "button";
    button.className = "sort";
    button.append.apply(button, Array.from(head.childNodes));
    button.title = "Sort by this column";
    head.append(button);
    button.addEventListener("click", function () {
      var up = head.getAttribute("aria-sort") !== "ascending", place = head.cellIndex;
      head.parentElement.querySelectorAll("th").forEach(function (th) { th.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      var rows = Array.from(body.rows).map(function (row) { return [value(row, place), row]; });
      rows.sort(function (a, b) { return (up ? 1 : -1) * compare(a[0], b[0]); });
      rows.forEach(function (pair) { body.append(pair[1]); });
    });
  }
  // A table that leaves its column lies over the table of contents, which gives way as long as it does.
  function yields(toc) {
    var waiting = false;
    function look() {
      waiting = false;
      var own = toc.getBoundingClientRect();
      toc.classList.toggle("its-covered", Array.from(document.querySelectorAll(".its-scroll")).some(function (table) {
        var box = table.getBoundingClientRect();  // what is folded away has one too
        return table.checkVisibility() && box.right > own.left && box.left < own.left && box.bottom > own.top && box.top < own.bottom;
      }));
    }
    function soon() { if (!waiting) { waiting = true; requestAnimationFrame(look); } }
    addEventListener("scroll", soon, { passive: true });
    addEventListener("resize", soon);
    look();
  }
  // A shadow at the right edge says that a table goes on there.
  function shaded(table) {
    function look() {
      table.classList.toggle("its-more-right", table.scrollLeft + table.clientWidth < table.scrollWidth - 1);
    }
    table.addEventListener("scroll", look, { passive: true });
    new ResizeObserver(look).observe(table);
  }
  addEventListener("hashchange", unfold);
  addEventListener("DOMContentLoaded", function () {
    var button = document.getElementById("theme");
    function say() {
      button.textContent = dark() ? "Light" : "Dark";
      button.setAttribute("aria-label", dark() ? "Use light colours" : "Use dark colours");
    }
    button.hidden = false;
    say();
    button.addEventListener("click", function () {
      root.dataset.theme = dark() ? "light" : "dark";
      stored(root.dataset.theme);
      say();
    });
    unfold();
    var toc = document.querySelector(".toc");
    if (toc) yields(toc);
    document.querySelectorAll(".its-scroll").forEach(shaded);
    document.querySelectorAll(".its-long thead th, .its-sortable thead th").forEach(sortable);
  });
})();
