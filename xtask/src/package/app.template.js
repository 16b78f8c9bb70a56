// The widget's compiled part as one AMD module: nothing global, nothing fetched besides this file.
// Made by `cargo xtask package` from the Rust package in the folder widget/.
define(function () {
  'use strict';

  __GLUE__

  var encoded = '__WASM__';
  var started = null;

  function decode(text) {
    var raw = atob(text);
    var bytes = new Uint8Array(raw.length);
    for (var i = 0; i < raw.length; i += 1) {
      bytes[i] = raw.charCodeAt(i);
    }
    return bytes;
  }

  // One instance for a tab, however often it is asked for; after a failure the next call tries again.
  function boot() {
    if (!started) {
      started = Promise.resolve()
        .then(function () {
          return wasm_bindgen({ module_or_path: decode(encoded) });
        })
        .then(function () {
          return wasm_bindgen;
        });
      started.catch(function () {
        started = null;
      });
    }
    return started;
  }

  return { boot: boot, workerUrl: '__WORKER_URL__', version: '__VERSION__' };
});
