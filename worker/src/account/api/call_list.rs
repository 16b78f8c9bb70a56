//! The asking user's call list: `GET` and `POST call-list`, `PUT call-list/state`, `PUT` and `DELETE call-list/{id}`,
//! `DELETE call-list`. There is no way to anybody else's list, for administrators neither.

use super::super::Hub;
use super::super::call_list;
use super::super::client::Errand;
use super::super::reply::{self, Refusal};
use super::super::slots::Purpose;
use super::Asked;
use crate::adapters::budget::Budget;
use crate::adapters::clock;
use kommo_voip_domain::call_list::{CallList, CallListError, MOST};
use kommo_voip_domain::phone::PhoneKey;
use kommo_voip_domain::protocol::{
    AddToCallListRequest, AddToCallListResponse, CallListAction, PutCallListEntryRequest, PutCallListStateRequest,
};
use std::rc::Rc;
use worker::Response;

/// Requests that reading the rows of one addition may take: 500 leads, read in fifties, with contacts and companies.
const REQUESTS: u32 = 36;
/// Numbers that a row may show.
const MOST_PHONES: usize = 50;

fn refused(error: CallListError) -> Refusal {
    match error {
        CallListError::Full => Refusal::new(409, "list_full", "The call list is full", error.to_string()),
        CallListError::NobodyLeft => Refusal::new(409, "nobody_left", "Nobody is left to call", error.to_string()),
        CallListError::NoSuchEntry => Refusal::new(404, "no_entry", "Not on the call list", error.to_string()),
        CallListError::Double => Refusal::new(409, "double", "On the call list already", error.to_string()),
        CallListError::HadItsTurn => Refusal::new(409, "had_its_turn", "Too late", error.to_string()),
        CallListError::NotItsNumber => Refusal::invalid(error.to_string()),
    }
}

impl Hub {
    /// What the rows of an addition may cost.
    pub(in super::super) fn rows_errand(&self) -> Errand {
        Errand { purpose: Purpose::Admin, call: None, budget: Budget::of(REQUESTS) }
    }

    pub(in super::super) async fn get_call_list(&self, asked: &Asked) -> Result<Response, Refusal> {
        let reader = self.reader(asked).await?;
        answer(&self.store.call_list(reader.user)?)
    }

    pub(in super::super) async fn post_call_list(&self, asked: &Asked) -> Result<Response, Refusal> {
        let request: AddToCallListRequest = super::read(&asked.body)?;
        if request.rows.is_empty() {
            return Err(Refusal::invalid("rows: name at least one contact, lead or company."));
        }
        if request.rows.len() > MOST {
            return Err(refused(CallListError::Full));
        }
        if request.rows.iter().any(|row| row.phones.len() > MOST_PHONES) {
            return Err(Refusal::invalid("rows.phones: a row may have at most 50 numbers."));
        }
        let reader = self.reader(asked).await?;
        let region = self.settings()?.settings.default_region.clone();
        let known = self.know_rows(&request.rows, &reader, &region).await?;
        // Read after Kommo was asked: the list may have moved on meanwhile.
        let mut list = self.store.call_list(reader.user)?;
        let told = list.add(known.candidates).map_err(refused)?;
        if told.added > 0 {
            let due = self.due_of(&list);
            self.store_list(reader.user, list, due)?;
        }
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let answer = AddToCallListResponse {
            list: call_list::view(&self.store.call_list(reader.user)?),
            added: count(told.added),
            doubles: count(told.doubles),
            left_out: count(known.left_out),
        };
        reply::json(200, &answer).map_err(reply::runtime)
    }

    pub(in super::super) async fn put_call_list_state(self: &Rc<Self>, asked: &Asked) -> Result<Response, Refusal> {
        let request: PutCallListStateRequest = super::read(&asked.body)?;
        let reader = self.reader(asked).await?;
        if matches!(request.action, CallListAction::Start | CallListAction::Resume) {
            // Whoever cannot call learns it here and not from a list that pauses at once.
            self.telephone_of(&asked.identity, &reader)?.can_dial(&self.config)?;
        }
        self.change_list(asked, |list| list.act(request.action, request.entry, clock::now())).await
    }

    pub(in super::super) async fn put_call_list_entry(
        self: &Rc<Self>,
        asked: &Asked,
        id: &str,
    ) -> Result<Response, Refusal> {
        let request: PutCallListEntryRequest = super::read(&asked.body)?;
        let number = PhoneKey::parse(&request.number).ok_or_else(|| refused(CallListError::NotItsNumber))?;
        let id = entry_id(id)?;
        self.change_list(asked, |list| list.choose(id, &number)).await
    }

    pub(in super::super) async fn delete_call_list_entry(
        self: &Rc<Self>,
        asked: &Asked,
        id: &str,
    ) -> Result<Response, Refusal> {
        let id = entry_id(id)?;
        let remove = |list: &mut CallList| {
            list.remove(id);
            Ok(())
        };
        self.change_list(asked, remove).await
    }

    pub(in super::super) async fn delete_call_list(self: &Rc<Self>, asked: &Asked) -> Result<Response, Refusal> {
        let clear = |list: &mut CallList| {
            list.clear();
            Ok(())
        };
        self.change_list(asked, clear).await
    }

    /// Changes the asking user's list, shows it in all tabs, and goes on with it.
    async fn change_list(
        self: &Rc<Self>,
        asked: &Asked,
        change: impl FnOnce(&mut CallList) -> Result<(), CallListError>,
    ) -> Result<Response, Refusal> {
        let user = self.reader(asked).await?.user;
        let list = self.store.call_list(user)?;
        let mut changed = list.clone();
        change(&mut changed).map_err(refused)?;
        if changed != list {
            let due = self.due_of(&changed);
            self.store_list(user, changed, due)?;
            self.wake_by(clock::now()).await;
            self.look_at_list(user);
        }
        answer(&self.store.call_list(user)?)
    }

    /// A list that changed under somebody's hand is looked at at once, should this invocation die before it does.
    fn due_of(&self, list: &CallList) -> Option<kommo_voip_domain::time::Moment> {
        list.is_under_way().then(clock::now)
    }
}

fn entry_id(text: &str) -> Result<u32, Refusal> {
    text.parse().map_err(|_| refused(CallListError::NoSuchEntry))
}

fn answer(list: &CallList) -> Result<Response, Refusal> {
    reply::json(200, &call_list::view(list)).map_err(reply::runtime)
}
