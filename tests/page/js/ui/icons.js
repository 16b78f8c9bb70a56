// Line icons of the page, drawn on a 24 x 24 grid.
define(function () {
  'use strict';
  var SPACE = 'http://www.w3.org/2000/svg';
  var PATHS = {
    dashboard: 'M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z',
    leads: 'M4 5h4v14H4zM10 5h4v9h-4zM16 5h4v6h-4z',
    contacts: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20c.8-3.600 3.800-5.500 7.500-5.500s6.700 1.900 7.500 5.500',
    companies: 'M5 20V5l8-2v17M13 9h6v11M3 20h18M8 8h2M8 12h2M8 16h2M16 13h.5M16 16.500h.5',
    settings: 'M12 15.200a3.200 3.200 0 1 0 0-6.400 3.200 3.200 0 0 0 0 6.400zM12 3v2.500M12 18.500V21M3 12h2.500M18.500 12H21'
      + 'M5.600 5.600l1.800 1.800M16.600 16.600l1.800 1.800M5.600 18.400l1.800-1.800M16.600 7.400l1.800-1.800',
    phone: 'M6.500 3.500h3l1.500 4.500-2 1.500a12 12 0 0 0 5.500 5.500l1.500-2 4.500 1.500v3a2 2 0 0 1-2.200 2A17 17 0 0 1 4.500 '
      + '5.700a2 2 0 0 1 2-2.200z',
    incoming: 'M20 4l-8 8M12 6v6h6M6 5h2l1.200 3.500-1.600 1.200a10 10 0 0 0 5.700 5.700l1.200-1.600L18 15v2a2 2 0 0 1-2 2A12 12 '
      + '0 0 1 4 7a2 2 0 0 1 2-2z',
    outgoing: 'M13 11l7-7M14 4h6v6M6 5h2l1.200 3.500-1.600 1.200a10 10 0 0 0 5.700 5.700l1.200-1.600L18 15v2a2 2 0 0 1-2 2A12 12 '
      + '0 0 1 4 7a2 2 0 0 1 2-2z',
    bell: 'M6 16V11a6 6 0 0 1 12 0v5l1.500 2h-15zM10 20.500h4',
    task: 'M5 4h14v16H5zM9 12l2.200 2.200L15.500 9.500',
    note: 'M5 4h14v11l-5 5H5zM14 20v-5h5',
    more: 'M5 12h.01M12 12h.01M19 12h.01',
    moon: 'M19.500 14.500A8 8 0 0 1 9.500 4.500a8 8 0 1 0 10 10z',
    sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 3v1.500M12 19.500V21M3 12h1.500M19.500 12H21M5.600 5.600l1 1M17.400 17.400l1 1'
      + 'M5.600 18.400l1-1M17.400 6.600l1-1',
    close: 'M6 6l12 12M18 6L6 18',
    back: 'M14 6l-6 6 6 6',
    alert: 'M12 4l9 16H3zM12 10v4M12 17h.01',
    plus: 'M12 5v14M5 12h14',
    inbox: 'M4 13l3-8h10l3 8v6H4zM4 13h5l1 2.500h4l1-2.500h5'
  };

  return function icon(name) {
    var svg = document.createElementNS(SPACE, 'svg');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('class', 'icon');
    svg.setAttribute('aria-hidden', 'true');
    var path = document.createElementNS(SPACE, 'path');
    path.setAttribute('d', PATHS[name] || PATHS.note);
    svg.appendChild(path);
    return svg;
  };
});
