// The floor: a Worker that answers and does nothing.
export default {
  fetch() {
    return new Response(null, { status: 202 });
  },
};
