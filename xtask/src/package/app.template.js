// The frame of the widget's compiled modules. What a reviewer reads first is written in head.rs.
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

  // The module is compressed before it becomes text: compressing the text afterwards gains far less.
  function unpack(packed) {
    var stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Response(stream).arrayBuffer();
  }

  // One instance for a tab, however often it is asked for; after a failure the next call tries again.
  function boot() {
    if (!started) {
      started = Promise.resolve()
        .then(function () {
          return unpack(decode(encoded));
        })
        .then(function (module) {
          return wasm_bindgen({ module_or_path: module });
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

  return { boot: boot, version: '__VERSION__' };
});
