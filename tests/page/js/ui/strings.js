// The page's own words in the languages a user can choose.
define(function () {
  'use strict';
  var EN = {
    leads: 'Leads', contacts: 'Contacts', companies: 'Companies', settings: 'Settings', dashboard: 'Dashboard',
    integrations: 'Integrations', more: 'More', selected: 'selected', name: 'Name', stage: 'Stage', price: 'Value',
    responsible: 'Responsible', phone: 'Phone', email: 'Email', company: 'Company', contact: 'Contact',
    linked_leads: 'Leads', no_items: 'Nothing here yet', feed: 'Activity', feed_empty: 'Calls, notes and tasks will appear here.',
    incoming_call: 'Incoming call', outgoing_call: 'Outgoing call', missed_call: 'Missed call', unanswered: 'No answer', recording: 'Recording',
    result: 'Result', task: 'Task', task_done: 'Task completed', due: 'due', complete: 'Complete', note: 'Note', system: 'System',
    incoming_leads: 'Incoming leads', accept: 'Accept', decline: 'Decline', new_contact: 'New contact', save: 'Save', cancel: 'Cancel',
    notifications: 'Notifications', no_notifications: 'No notifications', theme: 'Switch theme', language: 'Language',
    phone_panel: 'Phone (simulator)', phone_hint: 'Plays the part of the phone system: what you press here is posted, signed, to the hook below.',
    sign_out: 'Sign out', not_found: 'This page does not exist, or you may not see it.', open_card: 'Open the card',
    call: 'Call', copy: 'Copy number', install: 'Install', uninstall: 'Uninstall', active: 'Active', state_install: 'Not installed',
    state_not_configured: 'Not configured', state_installed: 'Installed', state_off: 'Switched off', state_error: 'Error', admin_only: 'Only administrators may change integrations.',
    required: 'Fill in the required fields', save_failed: 'Not saved', advanced: 'Advanced settings', widgets: 'Widgets',
    created: 'created', no_widgets: 'No widget archive was given to the simulator (--widget FILE).', settings_intro: 'Widgets that extend this account.',
    dash_intro: 'A stand-in for the CRM, for trying and testing widgets.', open_settings: 'Integrations', consent: 'Installing lets the integration read and change this account\u2019s data on your behalf.'
  };
  var ES = {
    leads: 'Leads', contacts: 'Contactos', companies: 'Empresas', settings: 'Ajustes', dashboard: 'Panel',
    integrations: 'Integraciones', more: 'Más', selected: 'seleccionados', name: 'Nombre', stage: 'Etapa', price: 'Valor',
    responsible: 'Responsable', phone: 'Teléfono', email: 'Correo', company: 'Empresa', contact: 'Contacto',
    linked_leads: 'Leads', no_items: 'Aún no hay nada', feed: 'Actividad', feed_empty: 'Aquí aparecerán llamadas, notas y tareas.',
    incoming_call: 'Llamada entrante', outgoing_call: 'Llamada saliente', missed_call: 'Llamada perdida', unanswered: 'Sin respuesta', recording: 'Grabación',
    result: 'Resultado', task: 'Tarea', task_done: 'Tarea completada', due: 'vence', complete: 'Completar', note: 'Nota', system: 'Sistema',
    incoming_leads: 'Leads entrantes', accept: 'Aceptar', decline: 'Rechazar', new_contact: 'Nuevo contacto', save: 'Guardar', cancel: 'Cancelar',
    notifications: 'Notificaciones', no_notifications: 'Sin notificaciones', theme: 'Cambiar tema', language: 'Idioma',
    phone_panel: 'Teléfono (simulador)', phone_hint: 'Hace el papel de la central: lo que pulse aquí se envía, firmado, al webhook de abajo.',
    sign_out: 'Salir', not_found: 'Esta página no existe o no puede verla.', open_card: 'Abrir la ficha',
    call: 'Llamar', copy: 'Copiar número', install: 'Instalar', uninstall: 'Desinstalar', active: 'Activo', state_install: 'No instalado',
    state_not_configured: 'Sin configurar', state_installed: 'Instalado', state_off: 'Desactivado', state_error: 'Error', admin_only: 'Solo los administradores pueden cambiar integraciones.',
    required: 'Rellene los campos obligatorios', save_failed: 'No se ha guardado', advanced: 'Ajustes avanzados', widgets: 'Widgets',
    created: 'creado', no_widgets: 'El simulador no recibió ningún widget (--widget FILE).', settings_intro: 'Widgets que amplían esta cuenta.',
    dash_intro: 'Un sustituto del CRM para probar widgets.', open_settings: 'Integraciones', consent: 'Al instalar, la integración podrá leer y cambiar los datos de esta cuenta en su nombre.'
  };
  var PT = {
    leads: 'Leads', contacts: 'Contatos', companies: 'Empresas', settings: 'Configurações', dashboard: 'Painel',
    integrations: 'Integrações', more: 'Mais', selected: 'selecionados', name: 'Nome', stage: 'Etapa', price: 'Valor',
    responsible: 'Responsável', phone: 'Telefone', email: 'E-mail', company: 'Empresa', contact: 'Contato',
    linked_leads: 'Leads', no_items: 'Ainda não há nada', feed: 'Atividade', feed_empty: 'Chamadas, notas e tarefas aparecerão aqui.',
    incoming_call: 'Chamada recebida', outgoing_call: 'Chamada efetuada', missed_call: 'Chamada perdida', unanswered: 'Sem resposta', recording: 'Gravação',
    result: 'Resultado', task: 'Tarefa', task_done: 'Tarefa concluída', due: 'vence', complete: 'Concluir', note: 'Nota', system: 'Sistema',
    incoming_leads: 'Leads de entrada', accept: 'Aceitar', decline: 'Recusar', new_contact: 'Novo contato', save: 'Salvar', cancel: 'Cancelar',
    notifications: 'Notificações', no_notifications: 'Sem notificações', theme: 'Mudar tema', language: 'Idioma',
    phone_panel: 'Telefone (simulador)', phone_hint: 'Faz o papel da central: o que você aperta aqui é enviado, assinado, ao webhook abaixo.',
    sign_out: 'Sair', not_found: 'Esta página não existe ou você não pode vê-la.', open_card: 'Abrir o cartão',
    call: 'Ligar', copy: 'Copiar número', install: 'Instalar', uninstall: 'Desinstalar', active: 'Ativo', state_install: 'Não instalado',
    state_not_configured: 'Não configurado', state_installed: 'Instalado', state_off: 'Desligado', state_error: 'Erro', admin_only: 'Somente administradores podem mudar integrações.',
    required: 'Preencha os campos obrigatórios', save_failed: 'Não foi salvo', advanced: 'Configurações avançadas', widgets: 'Widgets',
    created: 'criado', no_widgets: 'O simulador não recebeu nenhum widget (--widget FILE).', settings_intro: 'Widgets que ampliam esta conta.',
    dash_intro: 'Um substituto do CRM para testar widgets.', open_settings: 'Integrações', consent: 'Ao instalar, a integração poderá ler e alterar os dados desta conta em seu nome.'
  };
  var ALL = { en: EN, es: ES, pt: PT };

  return function t(key) {
    var chosen = ALL[document.documentElement.lang] || EN;
    return chosen[key] || EN[key] || key;
  };
});
