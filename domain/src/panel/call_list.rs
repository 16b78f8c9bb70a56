//! The call list in the page: what of it this tab shows, and what its person does with it.
//!
//! The list itself lives in the account's object and calls on without this page. Every answer and every live message
//! brings the whole list, so all tabs agree; which window is open or small is each tab's own affair.

use super::ask::{ApiRequest, Failure, Outcome, Question};
use super::dial::entity_of;
use super::wire::{Wire, field};
use super::{Effect, Message, Text};
use crate::ids::{Entity, EntityKind};
use crate::protocol::{
    AddToCallListRequest, AddToCallListResponse, CallListAction, CallListEntry, CallListHold, CallListRow, CallListRun,
    CallListState, CallListView, NoticeLevel, PutCallListEntryRequest, PutCallListStateRequest,
};
use crate::time::Moment;
use serde_json::Value;

/// How many entries are drawn at first, and with each further wish.
const PAGE: usize = 50;

/// The call list of one tab.
#[derive(Debug, Default)]
pub(crate) struct List {
    pub(crate) list: CallListView,
    pub(crate) window: Window,
    /// The card the page shows.
    pub(crate) open_card: Option<Entity>,
    /// What became of the last addition.
    pub(crate) told: Option<Told>,
    /// Rows are being added.
    pub(crate) adding: bool,
    /// What went wrong.
    pub(crate) complaint: Option<Message>,
    /// How many entries are drawn.
    pub(crate) drawn: usize,
    /// The greeting has shown the list once: whatever its person closed stays closed.
    greeted: bool,
}

/// The list's window in this tab.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    #[default]
    Closed,
    Open,
    Small,
}

/// What became of an addition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) added: u32,
    pub(crate) doubles: u32,
    pub(crate) left_out: u32,
}

/// What a question about the list is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The list as it is, perhaps after a change.
    List,
    /// What became of an addition.
    Add,
}

/// What happens to the call list.
#[derive(Debug, Clone, PartialEq)]
pub enum CallListEvent {
    /// Show the window; whatever wants to lead there may say so.
    Open,
    /// Hide it in this tab. The list goes on.
    Close,
    /// Make it small, or large again, in this tab.
    Minimise,
    /// The CRM's menu of a list was used on the ticked rows.
    Ticked {
        /// Whose list.
        area: EntityKind,
        /// The rows, as the CRM tells them.
        rows: Value,
    },
    /// The CRM shows another page.
    PageShown(String),
    /// Add the card the page shows.
    AddOpenCard,
    /// Start, pause, resume, skip, stop.
    Act(CallListAction),
    /// Take an entry off.
    Remove(u32),
    /// Take everybody off.
    Clear,
    /// Draw more entries.
    ShowMore,
}

impl List {
    /// Something was done with the window, or asks for it.
    pub(crate) fn act(&mut self, event: CallListEvent) -> Vec<Effect> {
        match event {
            CallListEvent::Open => self.open(),
            CallListEvent::Close => {
                self.window = Window::Closed;
                (self.told, self.complaint) = (None, None);
                vec![]
            }
            CallListEvent::Minimise => {
                self.window = if self.window == Window::Small { Window::Open } else { Window::Small };
                vec![]
            }
            CallListEvent::Ticked { area, rows } => self.add(rows_of(area, &rows)),
            CallListEvent::PageShown(page) => {
                self.open_card = entity_of(&page);
                vec![]
            }
            CallListEvent::AddOpenCard => {
                let row = |entity| CallListRow { entity, phones: vec![] };
                self.add(self.open_card.into_iter().map(row).collect())
            }
            CallListEvent::Act(action) => {
                // Naming who is skipped makes a second click on the same button the same wish.
                let entry = (action == CallListAction::Skip).then(|| self.current().map(|entry| entry.id)).flatten();
                self.change(ApiRequest::put("call-list/state", &PutCallListStateRequest { action, entry }))
            }
            CallListEvent::Remove(id) => self.change(ApiRequest::wish("DELETE", path_of(id))),
            CallListEvent::Clear => self.change(ApiRequest::wish("DELETE", "call-list")),
            CallListEvent::ShowMore => {
                self.drawn += PAGE;
                vec![]
            }
        }
    }

    /// The number of an entry was chosen.
    pub(crate) fn choose(&mut self, id: u32, number: String) -> Vec<Effect> {
        self.change(ApiRequest::put(&path_of(id), &PutCallListEntryRequest { number }))
    }

    fn open(&mut self) -> Vec<Effect> {
        if self.window == Window::Closed {
            self.drawn = PAGE;
        }
        self.window = Window::Open;
        vec![ask(Part::List, ApiRequest::get("call-list"))]
    }

    fn add(&mut self, rows: Vec<CallListRow>) -> Vec<Effect> {
        if rows.is_empty() || self.adding {
            return vec![];
        }
        let mut effects = if self.window == Window::Closed { self.open() } else { vec![] };
        (self.window, self.adding, self.told, self.complaint) = (Window::Open, true, None, None);
        // The Worker reads all of them from the CRM, at the CRM's pace.
        let request = ApiRequest::post("call-list").with(&AddToCallListRequest { rows }).patiently();
        effects.push(ask(Part::Add, request));
        effects
    }

    fn change(&mut self, request: ApiRequest) -> Vec<Effect> {
        (self.told, self.complaint) = (None, None);
        vec![ask(Part::List, request)]
    }

    /// The Worker answered.
    pub(crate) fn answered(&mut self, part: Part, outcome: &Outcome) -> Vec<Effect> {
        let failure = match part {
            Part::List => outcome.read().map(|list| self.hear(list)).err(),
            Part::Add => {
                self.adding = false;
                let told = outcome.read::<AddToCallListResponse>().map(|answer| {
                    let AddToCallListResponse { list, added, doubles, left_out } = answer;
                    self.told = Some(Told { added, doubles, left_out });
                    self.hear(list);
                });
                told.err()
            }
        };
        let Some(failure) = failure else { return vec![] };
        let message = match &failure {
            Failure::Refused(problem) if problem.kind == "no_line" => Message::Known(Text::NoticeNoLine),
            _ => failure.message(),
        };
        if self.window == Window::Closed {
            return vec![Effect::Notify { level: NoticeLevel::Error, message }];
        }
        self.complaint = Some(message);
        vec![]
    }

    /// The list as it is now; what is older than what is shown changes nothing.
    pub(crate) fn hear(&mut self, list: CallListView) {
        if list.version >= self.list.version {
            self.list = list;
        }
    }

    /// The list of a greeting. One that is under way shows by itself, once: a reload must not hide it.
    pub(crate) fn greet(&mut self, list: Option<CallListView>) {
        // Another list than before a lost connection, or none any more: the greeting is the whole truth.
        self.list = list.unwrap_or_default();
        let is_under_way = self.list.run != CallListRun::Idle || self.calling().is_some();
        if is_under_way && !std::mem::replace(&mut self.greeted, true) && self.window == Window::Closed {
            (self.window, self.drawn) = (Window::Open, PAGE);
        }
        self.greeted = true;
    }

    /// The entry that is being called.
    pub(crate) fn calling(&self) -> Option<&CallListEntry> {
        self.list.entries.iter().find(|entry| entry.state == CallListState::Calling)
    }

    /// Whoever comes next.
    pub(crate) fn next(&self) -> Option<&CallListEntry> {
        self.list.entries.iter().find(|entry| entry.state == CallListState::Waiting)
    }

    /// Whoever is called or comes next.
    pub(crate) fn current(&self) -> Option<&CallListEntry> {
        self.calling().or_else(|| self.next())
    }

    /// Seconds until the next call, while they are counted down.
    pub(crate) fn seconds_left(&self, server_now: Moment) -> Option<i64> {
        let at = self.list.next_at_ms.filter(|_| self.list.hold == Some(CallListHold::Interval))?;
        Some(((at - server_now.0 + 999) / 1000).max(0))
    }

    /// Something in the window changes by the mere passing of time.
    pub(crate) fn ticks(&self) -> bool {
        self.window != Window::Closed && self.list.hold == Some(CallListHold::Interval)
    }

    /// No list from now on, until the next greeting.
    pub(crate) fn clear(&mut self) {
        *self = Self { open_card: self.open_card, ..Self::default() };
    }
}

fn path_of(id: u32) -> String {
    ["call-list/", &id.to_string()].concat()
}

fn ask(part: Part, request: ApiRequest) -> Effect {
    Effect::Ask { question: Question::CallList(part), request }
}

/// The rows of the CRM's list, an array or something that holds one (Kommo widget guide: list_selected). Their kind is
/// the list's: what the rows say of it is written in several ways.
fn rows_of(area: EntityKind, told: &Value) -> Vec<CallListRow> {
    let rows = told.as_array().or_else(|| told.get("selected")?.as_array());
    let row = |row: &Value| {
        let id: i64 = field(row, "id")?;
        let phones = row.get("phones").and_then(Value::as_array);
        let phones = phones.into_iter().flatten().filter_map(String::read).collect();
        Some(CallListRow { entity: Entity::new(area, id), phones })
    };
    rows.into_iter().flatten().filter_map(row).filter(|row| row.entity.id() > 0).collect()
}

#[cfg(test)]
#[path = "call_list_tests.rs"]
mod tests;
