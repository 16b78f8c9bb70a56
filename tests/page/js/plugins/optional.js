// Loader plugin `optional!id`: the module, or nothing when it cannot be loaded. One broken widget must not
// stop the others.
define({
  load: function (name, req, onload) {
    'use strict';
    req([name], onload, function (error) {
      console.error('A widget script could not be loaded: ' + name, error);
      var failed = error.requireModules && error.requireModules[0];
      requirejs.undef(failed);
      onload(null);
    });
  }
});
