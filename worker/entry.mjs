// What the runtime loads: the built Worker, with a guard around every handler.
//
// All accounts of an isolate share one wasm instance. When Rust panics, the instance is replaced, and whatever was in
// flight in the old one never comes back: requests hang until they time out, an alarm for fifteen minutes. So each
// handler is raced against a look at the instance's state. If the instance is gone, the handler ends at once: the
// runtime then repeats an alarm after two seconds, and whoever asked is told to ask again.
//
// What must stay true: the guard decides nothing else, adds no state of its own, and its timer ends with the handler,
// since a running timer would keep an idle object from hibernating.

import BuiltWorker, * as built from "./build/index.js";

// Worker's SDK keeps this object up to date: `criticalError` from a panic to the replacement, `instanceId` counts.
const instance = globalThis.__worker_init_state;

/** How long after a panic the others hang at most, in milliseconds. */
const LOOK_EVERY = 100;

class InstanceReplaced extends Error {
  constructor() {
    super("the wasm instance was replaced while this ran");
    this.name = "InstanceReplaced";
  }
}

/** Runs a handler; rejects as soon as the instance it started in is gone. */
function guarded(handler) {
  return new Promise((resolve, reject) => {
    // Starting the handler replaces an instance that already failed; only then is the id the handler's own.
    const work = Promise.resolve(handler());
    const id = instance.instanceId;
    const look = setInterval(() => {
      if (instance.criticalError || instance.instanceId !== id) {
        clearInterval(look);
        reject(new InstanceReplaced());
      }
    }, LOOK_EVERY);
    work.then(resolve, reject).finally(() => clearInterval(look));
  });
}

/** The same words as `Refusal::TryAgain` in src/respond.rs. */
function tryAgain() {
  const problem = {
    type: "try_again",
    title: "Try again",
    status: 503,
    detail: "The service is busy. Please try again in a moment.",
  };
  const headers = { "Content-Type": "application/problem+json", "Cache-Control": "no-store", "Retry-After": "2" };
  return new Response(JSON.stringify(problem), { status: 503, headers });
}

export default {
  async fetch(request, env, context) {
    try {
      return await guarded(() => new BuiltWorker(context, env).fetch(request));
    } catch (error) {
      console.error(JSON.stringify({ level: "error", message: "a request was given up", error: String(error) }));
      return tryAgain();
    }
  },

  scheduled(event, env, context) {
    return guarded(() => new BuiltWorker(context, env).scheduled(event));
  },
};

export class Account {
  #object;

  constructor(state, env) {
    this.#object = new built.Account(state, env);
  }

  fetch(request) {
    return guarded(() => this.#object.fetch(request));
  }

  alarm(info) {
    return guarded(() => this.#object.alarm(info));
  }

  webSocketMessage(socket, message) {
    return guarded(() => this.#object.webSocketMessage(socket, message));
  }

  webSocketClose(socket, code, reason, wasClean) {
    return guarded(() => this.#object.webSocketClose(socket, code, reason, wasClean));
  }

  webSocketError(socket, error) {
    return guarded(() => this.#object.webSocketError(socket, error));
  }
}

// In Rust both objects are one class: see src/gate.rs.
export class Gate {
  #object;

  constructor(state, env) {
    this.#object = new built.Account(state, env);
  }

  fetch(request) {
    return guarded(() => this.#object.fetch(request));
  }
}
