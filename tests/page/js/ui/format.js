// How the page writes money, moments and durations for the signed-in user.
define(function () {
  'use strict';

  function pad(number) {
    return (number < 10 ? '0' : '') + number;
  }

  return {
    money: function (amount, currency, lang) {
      return new Intl.NumberFormat(lang, {
        style: 'currency', currency: currency || 'USD', maximumFractionDigits: 0
      }).format(amount || 0);
    },
    moment: function (seconds, lang) {
      return new Date(seconds * 1000).toLocaleString(lang, {
        day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit'
      });
    },
    duration: function (seconds) {
      return pad(Math.floor(seconds / 60)) + ':' + pad(seconds % 60);
    },
    initials: function (name) {
      return (name || '?').split(/\s+/).slice(0, 2).map(function (word) { return word.charAt(0); }).join('').toUpperCase();
    },
    /** A steady hue for a name, so that a person keeps their colour everywhere. */
    hue: function (name) {
      var sum = 0;
      for (var i = 0; i < (name || '').length; i += 1) {
        sum = (sum * 31 + name.charCodeAt(i)) % 360;
      }
      return sum;
    }
  };
});
