"use strict";
(function () {
  var table = document.getElementById("inventory-table");
  if (!table) return;
  var body = table.tBodies[0];
  var rows = Array.prototype.slice.call(body.rows);
  var find = document.getElementById("find");
  var only = document.getElementById("only");
  var shown = document.getElementById("shown");
  var texts = rows.map(function (r) { return r.textContent.toLowerCase(); });

  function filter() {
    var words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    var n = 0;
    rows.forEach(function (r, i) {
      var ok = words.every(function (w) { return texts[i].indexOf(w) >= 0; }) &&
        (!only.checked || r.hasAttribute("data-unidentified"));
      r.className = ok ? "" : "off";
      if (ok) n++;
    });
    shown.textContent = n + " of " + rows.length + " shown";
    try { history.replaceState(null, "", words.length ? "#find=" + encodeURIComponent(find.value) : location.pathname + location.search); } catch (e) { /* a file opened from disk may refuse */ }
  }

  function key(row, col) {
    var c = row.cells[col];
    return c.getAttribute("data-sort") || c.textContent.toLowerCase();
  }

  function sortBy(th, col) {
    var down = th.getAttribute("aria-sort") === "ascending";
    Array.prototype.forEach.call(th.parentNode.cells, function (h) { h.removeAttribute("aria-sort"); });
    th.setAttribute("aria-sort", down ? "descending" : "ascending");
    var order = rows.map(function (r, i) { return [key(r, col), i, r]; });
    order.sort(function (a, b) {
      if (a[0] !== b[0]) return (a[0] < b[0] ? -1 : 1) * (down ? -1 : 1);
      return a[1] - b[1];
    });
    var all = document.createDocumentFragment();
    order.forEach(function (o) { all.appendChild(o[2]); });
    body.appendChild(all);
  }

  Array.prototype.forEach.call(table.tHead.rows[0].cells, function (th, col) {
    th.querySelector("button").addEventListener("click", function () { sortBy(th, col); });
  });
  var wait = 0;
  find.addEventListener("input", function () { clearTimeout(wait); wait = setTimeout(filter, rows.length > 5000 ? 250 : 0); });
  only.addEventListener("change", filter);
  document.addEventListener("keydown", function (e) {
    if (e.key === "/" && document.activeElement !== find) { e.preventDefault(); find.focus(); }
    if (e.key === "Escape" && document.activeElement === find) { find.value = ""; filter(); }
  });
  var m = /^#find=(.*)$/.exec(location.hash);
  if (m) { try { find.value = decodeURIComponent(m[1]); } catch (e) { /* not ours */ } }
  document.getElementById("tools").hidden = false;
  filter();
})();
