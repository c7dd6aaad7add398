// The floor: the least a Worker can do and still stand between an agent and an upstream. It passes method,
// headers and both bodies on as streams. Every figure of the gateway is read against this one.
export default {
  fetch(request, env) {
    const url = new URL(request.url);
    return fetch(env.UPSTREAM + url.pathname, {
      method: request.method,
      headers: request.headers,
      body: request.body,
      redirect: "manual",
    });
  },
};
