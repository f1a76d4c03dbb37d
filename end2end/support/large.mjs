// Journeys far larger than anybody draws by hand: for the tests of the canvas and for its benchmark.

/**
 * A journey of so many steps: waits, messages and splits, which branch and meet again.
 * `place` says where the step of a number lies; without it they stand in a grid, as a tool that knows no canvas writes them.
 */
export function largeJourney(name, steps, place = (number) => ({ x: (number % 20) * 300, y: Math.floor(number / 20) * 180 })) {
  const nodes = [{ id: 'entry', position: place(0), step: { entry: {} } }];
  const connectors = [];
  const add = (number, step) => nodes.push({ id: `s${number}`, position: place(number), step });
  const id = (number) => `s${number}`;
  for (let number = 1; number < steps; number += 1) {
    const kind = number % 5;
    if (kind === 1) add(number, { has_done_split: { event: { name: 'Order Completed' }, within_days: 30 } });
    else if (kind === 3) add(number, { email: { subject: `News ${number}`, body: 'Hello.' } });
    else add(number, { delay: { for: { minutes: 60 } } });
    if (number + 1 >= steps) continue;
    if (kind === 1) {
      connectors.push({ from: id(number), outlet: 'yes', to: id(number + 1) });
      // Some ways skip a few steps, and some lead back.
      const other = number % 35 === 6 ? Math.max(2, number - 14) : Math.min(number + 4, steps - 1);
      connectors.push({ from: id(number), outlet: 'no', to: id(other) });
    } else {
      connectors.push({ from: id(number), outlet: kind === 3 ? 'sent' : 'next', to: id(number + 1) });
    }
  }
  connectors.unshift({ from: 'entry', outlet: 'next', to: 's1' });
  return {
    name,
    description: 'Made for measuring.',
    settings: { entry: { event: { name: 'Signed Up' } }, timeout_hours: 336 },
    graph: { nodes, connectors },
  };
}

/** What `wayfare import` reads. */
export const file = (...journeys) => JSON.stringify({ format: 'wayfare.journeys', version: 1, journeys });

/** Makes it on a server in local mode, through the interface for programs; answers what the server says. */
export async function create(url, journey) {
  const form = new URLSearchParams({ name: 'Large', 'scopes[0]': 'operate' });
  const made = await fetch(`${url}/api/ui/keys/create`, { method: 'POST', body: form, headers: { accept: 'application/json' } });
  const headers = { authorization: `Bearer ${await made.json()}`, 'content-type': 'application/json' };
  const body = typeof journey === 'string' ? journey : JSON.stringify(journey);
  const answer = await fetch(`${url}/api/v1/journeys`, { method: 'POST', headers, body });
  return { status: answer.status, body: await answer.json() };
}
