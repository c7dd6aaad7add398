// Accounts in a worker of their own, the real ones, which fail when a test tells them to. What they are asked is
// counted. Both live in memory: after a restart they work, and have been asked nothing. Meetings are there too, as they are.
import { Account as Real } from "./entry.mjs";
export { Waiting } from "./entry.mjs";

let fault = "works";
let slow = 0;
let steps = 0;

export class Account extends Real {
  async fetch(request) {
    steps += 1;
    if (fault === "throws") throw new Error("told to fail");
    // The answer, and the effect, come too late.
    if (slow > 0) await new Promise((resolve) => setTimeout(resolve, slow));
    // Every other step comes as a body, as large ones do.
    const transition = request.headers.get("transition");
    const large = steps % 2 === 0 && transition !== null;
    return super.fetch(large ? new Request(request.url, { method: "POST", body: transition }) : request);
  }
}

export default {
  fetch(request) {
    const [, what, ms] = new URL(request.url).pathname.split("/");
    if (what !== "steps") [fault, slow] = [what, Number(ms ?? 0)];
    return new Response(`${steps}`);
  },
};
