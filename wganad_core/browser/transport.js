// The cheapest coupling of two equally large clouds on the plane, and the potential that proves it
// (eqs 8, 9): the Hungarian method with its prices, as theory/transport.py has both by linear programming.

const apart = ([a, b], [c, d]) => Math.hypot(a - c, b - d);

// Points [[x, y], …] of both → `to` (which fake point each real one goes to), primal, dual, prices.
export function optimalPlan(real, fake) {
  const n = real.length;
  const cost = real.map((x) => fake.map((y) => apart(x, y)));
  const { to, prices } = assign(cost);
  const f = (point) => potential(point, fake, prices);
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / n;
  return {
    to, prices,
    primal: mean(to.map((j, i) => cost[i][j])),
    dual: mean(real.map(f)) - mean(fake.map(f)),
  };
}

// The largest function of slope 1 with these prices at the fake points.
export function potential(point, fake, prices) {
  let least = Infinity;
  fake.forEach((y, j) => (least = Math.min(least, prices[j] + apart(point, y))));
  return least;
}

// Row by row: the shortest way, by reduced costs, to a column that is still free.
function assign(cost) {
  const n = cost.length;
  const [rows, columns] = [new Float64Array(n), new Float64Array(n)]; // prices of both
  const owner = new Int32Array(n).fill(-1);
  for (let row = 0; row < n; row++) {
    const [least, before, done] = [new Float64Array(n).fill(Infinity), new Int32Array(n).fill(-1), new Uint8Array(n)];
    let [column, current] = [-1, row];
    while (current >= 0) {
      if (column >= 0) done[column] = 1;
      let [step, next] = [Infinity, -1];
      for (let j = 0; j < n; j++) {
        if (done[j]) continue;
        const reduced = cost[current][j] - rows[current] - columns[j];
        if (reduced < least[j]) [least[j], before[j]] = [reduced, column];
        if (least[j] < step) [step, next] = [least[j], j];
      }
      rows[row] += step;
      for (let j = 0; j < n; j++) {
        if (!done[j]) least[j] -= step;
        else {
          rows[owner[j]] += step;
          columns[j] -= step;
        }
      }
      [column, current] = [next, owner[next]];
    }
    for (; column >= 0; column = before[column]) owner[column] = before[column] < 0 ? row : owner[before[column]];
  }
  const to = new Array(n);
  owner.forEach((i, j) => (to[i] = j));
  return { to, prices: Array.from(columns, (price) => -price) };
}
