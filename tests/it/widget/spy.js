// Runs before the page does: writes down what the widget hears and asks, and what of the browser it holds on to.
// A call is the widget's when its module stands on the stack.
(function () {
  'use strict';
  var spy = window.kvSpy = {
    frames: [], asked: [], sockets: [], timers: [], listeners: [], sounds: [], channels: [], offline: false, frozen: false,
  };

  function ours() {
    return /\/widgets\/[^/]+\/(app|office)\.js/.test(new Error().stack);
  }

  function forget(list, keep) {
    spy[list] = spy[list].filter(keep);
  }

  ['Timeout', 'Interval'].forEach(function (kind) {
    var set = window['set' + kind];
    var clear = window['clear' + kind];
    window['set' + kind] = function (handler, after) {
      if (!ours()) { return set.apply(window, arguments); }
      var id = set.call(window, function () {
        if (kind === 'Timeout') { forget('timers', function (one) { return one !== id; }); }
        // A tab the browser has frozen runs nothing; what it holds, it keeps.
        if (!spy.frozen) { handler(); }
      }, after);
      spy.timers.push(id);
      return id;
    };
    window['clear' + kind] = function (id) {
      forget('timers', function (one) { return one !== id; });
      return clear.call(window, id);
    };
  });

  var add = EventTarget.prototype.addEventListener;
  var remove = EventTarget.prototype.removeEventListener;
  EventTarget.prototype.addEventListener = function (type, listener) {
    var target = this || window;
    if ((target === window || target === document) && ours()) {
      spy.listeners.push({ target: target, type: type, listener: listener });
    }
    return add.apply(this, arguments);
  };
  EventTarget.prototype.removeEventListener = function (type, listener) {
    var target = this || window;
    forget('listeners', function (one) { return one.target !== target || one.type !== type || one.listener !== listener; });
    return remove.apply(this, arguments);
  };

  var ask = window.fetch;
  window.fetch = function (url, options) {
    if (ours()) {
      spy.asked.push({ method: (options && options.method) || 'GET', url: String(url), body: (options && options.body) || null });
    }
    return ask.apply(window, arguments);
  };

  function held(name, list) {
    var Kind = window[name];
    if (!Kind) { return; }
    window[name] = function (argument) {
      var one = new Kind(argument);
      var close = one.close;
      spy[list].push(one);
      one.close = function () {
        forget(list, function (other) { return other !== one; });
        return close.apply(one, arguments);
      };
      return one;
    };
    window[name].prototype = Kind.prototype;
  }
  held('AudioContext', 'sounds');
  held('BroadcastChannel', 'channels');

  var Socket = window.WebSocket;
  window.WebSocket = function (url) {
    if (spy.offline) { throw new Error('offline'); }
    var socket = new Socket(url);
    spy.sockets.push(socket);
    add.call(socket, 'message', function (event) { spy.frames.push(event.data); });
    return socket;
  };
  window.WebSocket.prototype = Socket.prototype;
})();
