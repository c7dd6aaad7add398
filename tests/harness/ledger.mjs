// Accounts in a worker of their own, the real ones, which fail when a test tells them to. What they are asked is
// counted. Both live in memory: after a restart they work, and have been asked nothing.
import { Account as Real } from "./entry.mjs";

let fault = "works";
let slow = 0;
let steps = 0;

export class Account extends Real {
  apply(transition) {
    steps += 1;
    if (fault === "throws") throw new Error("told to fail");
    return slow > 0 ? this.later(transition, slow) : super.apply(transition);
  }

  /** A step whose answer, and whose effect, come too late. */
  async later(transition, ms) {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return super.apply(transition);
  }
}

export default {
  fetch(request) {
    const [, what, ms] = new URL(request.url).pathname.split("/");
    if (what !== "steps") [fault, slow] = [what, Number(ms ?? 0)];
    return new Response(`${steps}`);
  },
};
