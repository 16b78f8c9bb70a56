//! The live connections of the account's open widgets: hibernating WebSockets, one tag per user.

use super::Hub;
use super::reply::{self, Refusal};
use crate::adapters::{clock, random};
use crate::hook_key;
use crate::log;
use kommo_voip_domain::ids::{AccountId, UserId};
use kommo_voip_domain::protocol::{ClientMessage, ServerMessage, UserView};
use kommo_voip_domain::settings::Settings;
use kommo_voip_domain::time::{Millis, Moment};
use kommo_voip_domain::webhook;
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use worker::{Request, Response, State, WebSocket, WebSocketIncomingMessage, WebSocketPair};

/// A session's ticket opens one connection within this time.
const TICKET_LIFE: Millis = Millis::seconds(60);
/// A resume ticket spares Kommo the question who is asking, for half a working day.
const RESUME_LIFE: Millis = Millis::minutes(12 * 60);
/// The longest message a widget has to send.
const LONGEST_MESSAGE: usize = 4096;
/// The close code that tells a widget to sign in anew.
pub const SIGN_IN_AGAIN: u16 = 4401;

/// A WebSocket's state while messages go through.
const OPEN: u16 = 1;

/// What a hibernating socket remembers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// Whose tab it is.
    pub user: UserId,
    /// The tab is visible.
    pub visible: bool,
    /// The tab has the focus.
    pub focused: bool,
    /// When the connection has to sign in anew.
    pub until: Moment,
}

/// Pings are answered without waking the object.
pub fn answer_pings(state: &State) {
    match worker::worker_sys::WebSocketRequestResponsePair::new(r#"{"type":"ping"}"#, r#"{"type":"pong"}"#) {
        Ok(pair) => state.set_websocket_auto_response(&pair),
        Err(error) => log::error("pings are not answered", &[("error", format!("{error:?}").into())]),
    }
}

fn tag(user: UserId) -> String {
    format!("user/{user}")
}

impl Hub {
    /// Makes a ticket for a user.
    pub(super) fn make_ticket(&self, account: AccountId, user: UserId, reusable: bool) -> Result<String, Refusal> {
        let random = random::bytes::<16>().map_err(|error| {
            log::error("no ticket could be made", &[("error", error.to_string().into())]);
            Refusal::unavailable("Try again in a moment.")
        })?;
        let ticket = hook_key::mint_ticket(account, random, &self.config.keys);
        let life = if reusable { RESUME_LIFE } else { TICKET_LIFE };
        self.store.add_ticket(&webhook::body_digest(ticket.as_bytes()), user, reusable, clock::now() + life)?;
        Ok(ticket)
    }

    /// `GET /live?ticket=`.
    pub(super) fn on_live(self: &Rc<Self>, request: &Request) -> Result<Response, Refusal> {
        let pair = WebSocketPair::new().map_err(reply::runtime)?;
        match self.admit(request, &pair.server) {
            Ok(()) => {}
            Err(why) => {
                // A browser tells a page nothing about a refused upgrade; a close code it does tell.
                pair.server.accept().map_err(reply::runtime)?;
                pair.server.close(Some(SIGN_IN_AGAIN), Some(why)).map_err(reply::runtime)?;
            }
        }
        Response::from_websocket(pair.client).map_err(reply::runtime)
    }

    fn admit(self: &Rc<Self>, request: &Request, socket: &WebSocket) -> Result<(), &'static str> {
        const REFUSED: &str = "sign in again";
        let url = request.url().map_err(|_| REFUSED)?;
        let ticket =
            url.query_pairs().find(|(name, _)| name == "ticket").map(|(_, value)| value.into_owned()).ok_or(REFUSED)?;
        let identity = self.identity().ok().flatten().filter(|identity| identity.connected).ok_or(REFUSED)?;
        if hook_key::account_of_ticket(&ticket, &self.config.keys) != Some(identity.account) {
            return Err(REFUSED);
        }
        let now = clock::now();
        let used = self.store.use_ticket(&webhook::body_digest(ticket.as_bytes()), now).map_err(|_| REFUSED)?;
        let (user, _) = used.ok_or(REFUSED)?;
        let view = self.user_view(identity.account, user).ok_or(REFUSED)?;
        let stored = self.settings().map_err(|_| REFUSED)?;
        if !stored.active {
            return Err("switched off");
        }
        self.state.accept_websocket_with_tags(socket, &[&tag(user)]);
        let attachment = Attachment { user, visible: true, focused: false, until: now + RESUME_LIFE };
        socket.serialize_attachment(attachment).map_err(|_| REFUSED)?;
        self.send_to(socket, &self.hello(identity.account, view, stored.settings.clone()).map_err(|_| REFUSED)?);
        self.tell_of_access(user);
        self.tabs_changed(user);
        Ok(())
    }

    /// A connection ended.
    pub(super) fn on_close(self: &Rc<Self>, socket: &WebSocket) {
        if let Ok(Some(tab)) = socket.deserialize_attachment::<Attachment>() {
            self.tabs_changed(tab.user);
        }
    }

    fn hello(&self, account: AccountId, user: UserView, settings: Settings) -> Result<ServerMessage, Refusal> {
        Ok(ServerMessage::Hello {
            server_time_ms: clock::now().0,
            resume_ticket: self.make_ticket(account, user.id, true)?,
            cards: self.cards_of(user.id),
            call_list: self.list_of(user.id),
            user,
            settings,
        })
    }

    /// Tells every open tab the settings, after an administrator changed them.
    pub(super) fn tell_settings(&self, settings: &Settings, user: UserId) {
        let directory = self.known_directory().ok();
        let by = directory.and_then(|directory| directory.user(user).map(|user| user.name.clone()));
        let message = ServerMessage::Settings { settings: settings.clone(), by };
        for (socket, _) in self.attached() {
            self.send_to(&socket, &message);
        }
    }

    /// Tells every open tab the whole truth anew, after provider or lines changed.
    pub(super) fn greet_again(&self, account: AccountId) -> Result<(), Refusal> {
        let settings = self.settings()?.settings.clone();
        for (socket, tab) in self.attached() {
            if let Some(user) = self.user_view(account, tab.user) {
                self.send_to(&socket, &self.hello(account, user, settings.clone())?);
            }
        }
        Ok(())
    }

    /// A user as the widget sees it; `None` for somebody who may not use the product.
    pub(super) fn user_view(&self, account: AccountId, user: UserId) -> Option<UserView> {
        let directory = self.known_directory().ok()?;
        let colleague = directory.user(user).filter(|colleague| colleague.is_active)?;
        let all_lines = self.store.lines().ok()?;
        let lines = all_lines.of(self.provider_of(account).ok()?);
        Some(UserView {
            id: user,
            account_id: account,
            name: colleague.name.clone(),
            is_admin: colleague.is_admin,
            extensions: lines.iter().filter(|(_, owner)| **owner == user).map(|(line, _)| line.clone()).collect(),
        })
    }

    /// A message from a widget. What cannot be read is not worth an answer.
    pub(super) fn on_message(self: &Rc<Self>, socket: &WebSocket, message: WebSocketIncomingMessage) {
        let Ok(Some(mut attachment)) = socket.deserialize_attachment::<Attachment>() else { return };
        if attachment.until <= clock::now() {
            let _ = socket.close(Some(SIGN_IN_AGAIN), Some("sign in again"));
            return;
        }
        let WebSocketIncomingMessage::String(text) = message else { return };
        if text.len() > LONGEST_MESSAGE {
            return;
        }
        match serde_json::from_str(&text) {
            // Only a ping that is not written exactly as agreed comes this far.
            Ok(ClientMessage::Ping) => {
                let _ = socket.send_with_str(r#"{"type":"pong"}"#);
            }
            Ok(ClientMessage::Presence { visible, focused }) => {
                (attachment.visible, attachment.focused) = (visible, focused);
                let _ = socket.serialize_attachment(attachment);
            }
            Ok(ClientMessage::Dismiss { id }) => self.dismiss_card(&id, attachment.user),
            Ok(ClientMessage::SelfTestShown { id }) => self.self_test_shown(&id, attachment.user),
            Err(_) => log::warn("a widget's message could not be read", &[("bytes", text.len().into())]),
        }
    }

    /// Users with an open tab.
    pub(super) fn open_users(&self) -> Vec<UserId> {
        let mut users: Vec<UserId> = self.attached().into_iter().map(|(_, attachment)| attachment.user).collect();
        users.sort_unstable();
        users.dedup();
        users
    }

    fn attached(&self) -> Vec<(WebSocket, Attachment)> {
        // One that we closed is listed until the browser has answered, which a dead one never does.
        let sockets = self.state.get_websockets().into_iter().filter(|socket| socket.as_ref().ready_state() == OPEN);
        sockets
            .filter_map(|socket| Some((socket.deserialize_attachment::<Attachment>().ok()??, socket)))
            .map(|(attachment, socket)| (socket, attachment))
            .collect()
    }

    /// Sends to every tab of a user.
    pub(super) fn send_to_user(&self, user: UserId, message: &ServerMessage) {
        for socket in self.state.get_websockets_with_tag(&tag(user)) {
            self.send_to(&socket, message);
        }
    }

    /// Sends to one tab of a user, the one most likely to be seen; `false` when none is open.
    pub(super) fn send_to_one_tab(&self, user: UserId, message: &ServerMessage) -> bool {
        let tabs = self.attached().into_iter().filter(|(_, tab)| tab.user == user);
        let best = tabs.max_by_key(|(_, tab)| (tab.focused, tab.visible));
        best.map(|(socket, _)| self.send_to(&socket, message)).is_some()
    }

    fn send_to(&self, socket: &WebSocket, message: &ServerMessage) {
        match serde_json::to_string(message) {
            // A socket that is closing refuses; its tab gets the whole truth with its next hello.
            Ok(json) => drop(socket.send_with_str(json)),
            Err(error) => log::error("a message could not be written", &[("error", error.to_string().into())]),
        }
    }

    /// Closes every live connection.
    pub(super) fn close_sockets(&self, code: u16, why: &str) {
        for socket in self.state.get_websockets() {
            let _ = socket.close(Some(code), Some(why));
        }
    }

    /// How many live connections are open.
    pub(super) fn socket_count(&self) -> usize {
        self.attached().len()
    }
}
