// The CRM's stock form controls (`/tmpl/controls/<name>.twig`), as HTML strings for widgets that draw with them.
define(['platform/twig'], function (twig) {
  'use strict';
  var COMMON = ' name="{{name}}" id="{{id}}"{% if disabled %} disabled{% endif %}';
  var OPTIONS = '{% for item in items %}<option value="{{item.id}}"{% if item.id == selected %} selected{% endif %}>{{item.option}}</option>{% endfor %}';
  var TEMPLATES = {
    button: '<button type="button" class="button-input {{class_name}} {% if blue %}button-input_blue{% endif %}" id="{{id}}"'
      + '{% if disabled %} disabled{% endif %}><span class="button-input-inner"><span class="button-input-inner__text">{{text}}</span></span></button>',
    cancel_button: '<button type="button" class="button-input button-cancel {{class_name}}" id="{{id}}"><span>{{text}}</span></button>',
    input: '<input type="{{type|default("text")}}" class="text-input {{class_name}}" value="{{value}}" placeholder="{{placeholder}}"' + COMMON + '>',
    date_field: '<input type="date" class="text-input date_field {{class_name}}" value="{{value}}"' + COMMON + '>',
    file: '<input type="file" class="{{class_name}}"' + COMMON + '>',
    textarea: '<textarea class="text-input text-input-textarea {{class_name}}" placeholder="{{placeholder}}"' + COMMON + '>{{value}}</textarea>',
    checkbox: '<label class="control-checkbox {{class_name}}"><input type="checkbox" value="{{value}}"{% if checked %} checked{% endif %}' + COMMON
      + '> <span class="control-checkbox__text">{{text}}</span></label>',
    radio: '{% for item in items %}<label class="control-radio"><input type="radio" name="{{name}}" value="{{item.value}}"'
      + '{% if item.value == selected %} checked{% endif %}> {{item.label}}</label>{% endfor %}',
    select: '<select class="control--select {{class_name}}"' + COMMON + '>' + OPTIONS + '</select>',
    multiselect: '<select multiple class="control--select {{class_name}}"' + COMMON + '>' + OPTIONS + '</select>',
    checkboxes_dropdown: '<div class="checkboxes_dropdown {{class_name}}">{% for item in items %}<label><input type="checkbox" name="{{item.name}}"'
      + ' value="{{item.id}}"{% if item.is_checked %} checked{% endif %}> {{item.option}}</label>{% endfor %}</div>',
    suggest: '<input type="text" class="text-input control--suggest--input {{class_name}}" value="{{value}}" placeholder="{{placeholder}}"' + COMMON + '>'
  };

  return {
    /** The control named by a reference such as `/tmpl/controls/button.twig`. */
    render: function (reference, params) {
      var name = String(reference).replace(/^.*\//, '').replace(/\.twig$/, '');
      return TEMPLATES[name] ? twig.render(TEMPLATES[name], params) : '';
    }
  };
});
