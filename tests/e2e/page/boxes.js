// Where text stands on the page, and what is wrong with it: an object of lists of sentences.
(() => {
  for (const folded of document.querySelectorAll('details')) folded.open = true;
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const clipped = (rect, element) => {
    // What a scrolled part hides is not seen.
    const box = { left: rect.left, right: rect.right, top: rect.top, bottom: rect.bottom };
    for (let parent = element; parent; parent = parent.parentElement) {
      const style = getComputedStyle(parent);
      if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
      if (parent === document.body || parent === document.documentElement) continue;
      const frame = parent.getBoundingClientRect();
      box.left = Math.max(box.left, frame.left);
      box.right = Math.min(box.right, frame.right);
      box.top = Math.max(box.top, frame.top);
      box.bottom = Math.min(box.bottom, frame.bottom);
    }
    return box;
  };
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.data.trim()) continue;
    const element = node.parentElement;
    if (element.closest('title, style')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      const box = clipped(rect, element);
      if (box.right - box.left < 1 || box.bottom - box.top < 1) continue;
      texts.push({ node, element, box, text: node.data.trim().slice(0, 60) });
    }
  }
  const overlaps = [];
  const slack = 2;  // boxes are as high as the font allows, letters are not
  for (let i = 0; i < texts.length; ++i) {
    for (let j = i + 1; j < texts.length; ++j) {
      if (texts[i].node === texts[j].node) continue;
      const a = texts[i].box, b = texts[j].box;
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > slack && high > slack) overlaps.push(`"${texts[i].text}" and "${texts[j].text}"`);
    }
  }
  const cut = [];
  for (const { element, box, text } of texts) {
    const chart = element.closest('svg.chart');
    if (!chart) continue;
    const frame = chart.getBoundingClientRect();
    if (box.left < frame.left - 1 || box.right > frame.right + 1) cut.push(`"${text}"`);
  }
  // Nobody scrolls paper.
  for (const table of matchMedia('print').matches ? document.querySelectorAll('.scroll') : []) {
    if (table.scrollWidth > table.clientWidth + 1) cut.push(`a table: "${table.textContent.trim().slice(0, 60)}"`);
  }
  const page = document.scrollingElement;
  const wide = page.scrollWidth > page.clientWidth + 1 ? [`${page.scrollWidth} of ${page.clientWidth}`] : [];
  return { texts: texts.length, overlaps, cut, wide };
})()
