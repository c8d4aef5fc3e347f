// Part of the page that `mcpkey usage --html` writes: days by arrow keys or pointer, tables by their heads.
for (const chart of document.querySelectorAll('.chart')) {
  const days = [...chart.querySelectorAll('g[data-says]')];
  const said = document.getElementById(chart.getAttribute('aria-describedby'));
  let at = days.length;
  const show = (index) => {
    days[at]?.classList.remove('on');
    at = Math.max(0, Math.min(days.length - 1, index));
    const day = days[at];
    if (!day) return;
    day.classList.add('on');
    said.textContent = day.dataset.says;
  };
  chart.addEventListener('keydown', (event) => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: days.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(to);
  });
  chart.addEventListener('pointermove', (event) => {
    const index = days.indexOf(event.target.closest('g[data-says]'));
    if (index >= 0) show(index);
  });
}

for (const table of document.querySelectorAll('table')) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  for (const [column, head] of heads.entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') !== 'descending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
      const order = (one, other) => {
        const [a, b] = [value(one), value(other)];
        return Number.isFinite(Number(a)) && Number.isFinite(Number(b)) ? Number(a) - Number(b) : a.localeCompare(b);
      };
      body.append(...[...body.rows].sort((one, other) => (down ? order(other, one) : order(one, other))));
    });
  }
}
