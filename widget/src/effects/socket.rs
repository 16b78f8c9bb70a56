//! The tab's live connection.

use gloo::events::EventListener;
use kommo_voip_domain::panel::Event;
use wasm_bindgen::JsCast;
use web_sys::{CloseEvent, MessageEvent, WebSocket};

/// An open or opening connection. Dropping closes it and says nothing more.
pub(crate) struct Socket {
    socket: WebSocket,
    _listeners: [EventListener; 3],
}

impl Socket {
    /// Starts connecting; `None` when the browser refuses the address outright.
    pub(crate) fn open(url: &str, dispatch: impl Fn(Event) + Clone + 'static) -> Option<Self> {
        let socket = WebSocket::new(url).ok()?;
        let (opened, text, closed) = (dispatch.clone(), dispatch.clone(), dispatch);
        let listeners = [
            EventListener::new(&socket, "open", move |_| opened(Event::SocketOpened)),
            EventListener::new(&socket, "message", move |event| {
                let data = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
                if let Some(data) = data {
                    text(Event::SocketText(data));
                }
            }),
            EventListener::new(&socket, "close", move |event| {
                let code = event.dyn_ref::<CloseEvent>().map_or(0, CloseEvent::code);
                closed(Event::SocketClosed { code });
            }),
        ];
        Some(Self { socket, _listeners: listeners })
    }

    /// Sends, if the connection still stands; if not, its end is told anyway.
    pub(crate) fn send(&self, text: &str) {
        if self.socket.ready_state() == WebSocket::OPEN {
            self.socket.send_with_str(text).unwrap_or_default();
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.close().unwrap_or_default();
    }
}
