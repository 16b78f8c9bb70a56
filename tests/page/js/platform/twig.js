// A small reader for the templates widgets hand to `render`: output, `if`, `for`, `set` and the common filters. It never
// compiles text into code, so it also runs under a strict Content-Security-Policy. What is printed is escaped unless
// the template says `raw`.
define(function () {
  'use strict';
  var ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#039;' };

  function escape(value) {
    return String(value).replace(/[&<>"']/g, function (found) { return ENTITIES[found]; });
  }

  var FILTERS = {
    upper: function (value) { return String(value).toUpperCase(); },
    lower: function (value) { return String(value).toLowerCase(); },
    trim: function (value) { return String(value).trim(); },
    length: function (value) { return value ? (value.length === undefined ? Object.keys(value).length : value.length) : 0; },
    json_encode: function (value) { return JSON.stringify(value); },
    join: function (value, glue) { return (value || []).join(glue || ''); },
    default: function (value, other) { return value === undefined || value === null || value === '' ? other : value; }
  };

  function words(text) {
    return text.match(/"[^"]*"|'[^']*'|==|!=|<=|>=|[<>|()~,]|[^\s"'=!<>|()~,]+/g) || [];
  }

  // Precedence climbing over: or, and, not, comparison, ~, filter, value.
  function Reader(text, scope) {
    this.tokens = words(text);
    this.scope = scope;
  }
  Reader.prototype.take = function (token) {
    if (this.tokens[0] === token) {
      this.tokens.shift();
      return true;
    }
    return false;
  };
  Reader.prototype.or = function () {
    var left = this.and();
    while (this.take('or')) { var right = this.and(); left = left || right; }
    return left;
  };
  Reader.prototype.and = function () {
    var left = this.not();
    while (this.take('and')) { var right = this.not(); left = left && right; }
    return left;
  };
  Reader.prototype.not = function () {
    return this.take('not') ? !this.not() : this.compare();
  };
  Reader.prototype.compare = function () {
    var left = this.joined();
    if (this.take('==')) { return String(left) === String(this.joined()); }
    if (this.take('!=')) { return String(left) !== String(this.joined()); }
    if (this.take('<=')) { return left <= this.joined(); }
    if (this.take('>=')) { return left >= this.joined(); }
    if (this.take('<')) { return left < this.joined(); }
    if (this.take('>')) { return left > this.joined(); }
    return left;
  };
  Reader.prototype.joined = function () {
    var left = this.filtered();
    while (this.take('~')) { left = String(left) + String(this.filtered()); }
    return left;
  };
  Reader.prototype.filtered = function () {
    var value = this.value();
    while (this.take('|')) {
      var name = this.tokens.shift();
      var argument;
      if (this.take('(')) {
        argument = this.or();
        this.take(')');
      }
      if (name === 'raw') {
        this.raw = true;
      } else if (name !== 'e' && name !== 'escape') {
        value = FILTERS[name] ? FILTERS[name](value, argument) : value;
      }
    }
    return value;
  };
  Reader.prototype.value = function () {
    if (this.take('(')) {
      var inner = this.or();
      this.take(')');
      return inner;
    }
    var token = this.tokens.shift();
    if (token === undefined) { return ''; }
    if (/^["']/.test(token)) { return token.slice(1, -1); }
    if (/^-?\d+(\.\d+)?$/.test(token)) { return Number(token); }
    if (token === 'true' || token === 'false') { return token === 'true'; }
    return token.replace(/\[(\w+)\]/g, '.$1').split('.').reduce(function (from, key) {
      return from === undefined || from === null ? undefined : from[key];
    }, this.scope);
  };

  function parse(source) {
    var parts = source.replace(/\{#[\s\S]*?#\}/g, '').split(/(\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\})/);
    var root = { branches: [{ when: 'true', body: [] }] };
    var stack = [root];
    function body() {
      var top = stack[stack.length - 1];
      return top.branches[top.branches.length - 1].body;
    }
    parts.forEach(function (part) {
      if (part.slice(0, 2) === '{{') {
        body().push({ print: part.slice(2, -2).replace(/^-|-$/g, '') });
      } else if (part.slice(0, 2) === '{%') {
        var tag = part.slice(2, -2).replace(/^-|-$/g, '').trim();
        var word = tag.split(/\s+/)[0];
        var rest = tag.slice(word.length).trim();
        if (word === 'if') {
          var choice = { branches: [{ when: rest, body: [] }] };
          body().push(choice);
          stack.push(choice);
        } else if (word === 'elseif' || word === 'else') {
          stack[stack.length - 1].branches.push({ when: rest || 'true', body: [] });
        } else if (word === 'for') {
          var split = rest.split(/\s+in\s+/);
          var loop = { names: split[0].split(/\s*,\s*/), over: split[1], branches: [{ when: 'true', body: [] }] };
          body().push(loop);
          stack.push(loop);
        } else if (word === 'set') {
          var half = rest.indexOf('=');
          body().push({ set: rest.slice(0, half).trim(), to: rest.slice(half + 1) });
        } else if (word.slice(0, 3) === 'end' && stack.length > 1) {
          stack.pop();
        }
      } else if (part) {
        body().push({ text: part });
      }
    });
    return root.branches[0].body;
  }

  function run(nodes, scope) {
    return nodes.map(function (node) {
      if (node.text !== undefined) { return node.text; }
      if (node.print !== undefined) {
        var reader = new Reader(node.print, scope);
        var value = reader.or();
        var text = value === undefined || value === null || value === false ? '' : String(value);
        return reader.raw ? text : escape(text);
      }
      if (node.set !== undefined) {
        scope[node.set] = new Reader(node.to, scope).or();
        return '';
      }
      if (node.names) {
        var items = new Reader(node.over, scope).or() || {};
        return Object.keys(items).map(function (key, index) {
          var inner = Object.create(scope);
          inner[node.names[node.names.length - 1]] = items[key];
          if (node.names.length > 1) { inner[node.names[0]] = key; }
          inner.loop = { index: index + 1, index0: index, first: index === 0 };
          return run(node.branches[0].body, inner);
        }).join('');
      }
      var taken = node.branches.filter(function (branch) { return new Reader(branch.when, scope).or(); })[0];
      return taken ? run(taken.body, scope) : '';
    }).join('');
  }

  return {
    escape: escape,
    /** The template with `params` filled in, as HTML. */
    render: function (source, params) {
      return run(parse(String(source)), Object.create(params || {}));
    }
  };
});
