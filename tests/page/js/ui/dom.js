// Builds elements. Text is always text: nothing here parses HTML.
define(function () {
  'use strict';

  function append(parent, child) {
    if (child === null || child === undefined || child === false) {
      return;
    }
    if (Array.isArray(child)) {
      child.forEach(function (one) { append(parent, one); });
      return;
    }
    parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }

  /** `h('a.button', {href: '/'}, 'Go')`: the tag with classes, attributes or `on…` handlers, children. */
  function h(tag, attributes) {
    var names = tag.split('.');
    var element = document.createElement(names[0]);
    if (names.length > 1) {
      element.className = names.slice(1).join(' ');
    }
    Object.keys(attributes || {}).forEach(function (key) {
      var value = attributes[key];
      if (value === null || value === undefined || value === false) {
        return;
      }
      if (key.slice(0, 2) === 'on') {
        element.addEventListener(key.slice(2), value);
      } else if (key === 'value' || key === 'checked') {
        element[key] = value;
      } else {
        element.setAttribute(key, value === true ? '' : value);
      }
    });
    for (var i = 2; i < arguments.length; i += 1) {
      append(element, arguments[i]);
    }
    return element;
  }

  /** Replaces everything inside `parent`. */
  h.fill = function (parent) {
    parent.textContent = '';
    append(parent, Array.prototype.slice.call(arguments, 1));
    return parent;
  };

  /** A link that changes the page without loading it anew. */
  h.link = function (href, attributes) {
    var link = h('a.js-navigate-link', Object.assign({ href: href }, attributes));
    append(link, Array.prototype.slice.call(arguments, 2));
    return link;
  };

  return h;
});
