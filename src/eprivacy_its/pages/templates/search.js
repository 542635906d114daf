(function () {
  var index = JSON.parse(document.getElementById("index").textContent);
  var form = document.querySelector("form.search"), query = document.getElementById("query");
  var found = document.getElementById("found"), hits = document.getElementById("hits");
  function plain(text) { return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, ""); }
  index.forEach(function (one) { one.head = plain(one.p + " " + one.h); one.all = one.head + " " + plain(one.t); });
  function score(one, words) {
    var total = 0;
    for (var i = 0; i < words.length; i++) {
      if (one.all.indexOf(words[i]) < 0) return 0;
      total += one.head.indexOf(words[i]) >= 0 ? 5 : 1;
    }
    return total;
  }
  function excerpt(one, word) {
    var at = Math.max(0, plain(one.t).indexOf(word) - 60);
    return (at ? "… " : "") + one.t.slice(at, at + 200) + (one.t.length > at + 200 ? " …" : "");
  }
  function show() {
    var words = plain(query.value).split(/\s+/).filter(Boolean);
    hits.textContent = "";
    if (!words.length) { found.textContent = ""; return; }
    var best = index.map(function (one) { return [score(one, words), one]; })
      .filter(function (pair) { return pair[0]; }).sort(function (a, b) { return b[0] - a[0]; });
    found.textContent = best.length + (best.length === 1 ? " section" : " sections") + " found"
      + (best.length > 30 ? ", the first 30 shown" : "");
    best.slice(0, 30).forEach(function (pair) {
      var item = document.createElement("li"), link = document.createElement("a"), text = document.createElement("div");
      link.href = pair[1].a;
      link.textContent = pair[1].p === pair[1].h ? pair[1].p : pair[1].p + ": " + pair[1].h;
      text.textContent = excerpt(pair[1], words[0]);
      text.className = "its-note";
      item.append(link, text);
      hits.append(item);
    });
  }
  form.hidden = false;
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  query.addEventListener("input", show);
})();
