//! The self-test: a test call goes the way of every call, from the address to the card in the administrator's tab, and
//! nothing of it stays.
//!
//! What is stored on the way is stored inside one transaction that is always taken back, in one turn without an await.
//! So no alarm, no other request and no outbox ever sees the test call, a process that dies in the middle leaves
//! nothing behind, and a real call never meets it: there is no mark by which the two could be confused. Kommo is asked
//! who has the number, as for every ring, and that is all it is asked.

use super::Hub;
use super::api::Asked;
use super::client::Errand;
use super::intake::Taken;
use super::reply::Refusal;
use super::slots::Purpose;
use super::store::{CallRow, StoreError};
use super::voip::Connection;
use crate::adapters::budget::Budget;
use crate::adapters::{clock, random};
use crate::hook_key;
use crate::log;
use kommo_voip_domain::ids::{ExtensionId, UserId};
use kommo_voip_domain::matching::Person;
use kommo_voip_domain::phone::{self, Dialled, PhoneKey};
use kommo_voip_domain::plan::{self, Done, Facts, Feedback};
use kommo_voip_domain::protocol::{CardView, HopView, ReplayStep, SelfTestRequest, SelfTestResponse, ServerMessage};
use kommo_voip_domain::telephony::rehearsal::{Rehearsal, TestCall};
use kommo_voip_domain::telephony::{Context, Received};
use kommo_voip_domain::time::{Millis, Moment};
use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;
use worker::Delay;

/// Numbers that are kept free for stories: nobody has them.
const CALLER: &str = "+12025550143";
const COMPANY: &str = "+12025550100";
/// How long a tab may take to say that it shows the card.
const CARD_WITHIN: Millis = Millis::seconds(3);
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// What a look-up may ask of Kommo.
const REQUESTS: u32 = 10;

/// Test calls whose card a tab has not confirmed yet, and whose tab it is. In memory: whoever waits is gone with it.
#[derive(Default)]
pub struct AwaitedTests(RefCell<HashMap<String, UserId>>);

/// The hops so far, and since when the next one runs.
struct Hops {
    since: Moment,
    done: Vec<HopView>,
}

impl Hops {
    /// The clock of the platform stands still while code runs and only moves with an event, so every hop ends with one.
    async fn end(&mut self, hop: &str, state: &str, text: Option<String>) {
        Delay::from(Duration::ZERO).await;
        let now = clock::now();
        let ms = (now - self.since).0.max(0);
        self.done.push(HopView { hop: hop.to_owned(), ms, state: state.to_owned(), text });
        self.since = now;
    }

    async fn passed(&mut self, hop: &str) {
        self.end(hop, "passed", None).await;
    }

    async fn failed(&mut self, hop: &str, why: impl ToString) {
        self.end(hop, "failed", Some(why.to_string())).await;
    }
}

/// What both outcomes of the call would lead to.
type Outcomes = (Vec<ReplayStep>, Vec<ReplayStep>);

impl Hub {
    /// Sends a test call through the chain to the administrator who asks.
    pub(super) async fn self_test(&self, asked: &Asked, wanted: &SelfTestRequest) -> Result<SelfTestResponse, Refusal> {
        let begun = clock::now();
        let connections = self.connections(asked.identity.account)?;
        let connection = connections.current.as_ref().ok_or_else(|| {
            Refusal::new(
                409,
                "no_provider",
                "No telephony provider is connected",
                "Choose a provider and enter its credentials first.",
            )
        })?;
        // Rights decide what the card shows, so they are read before.
        self.directory(&self.admin_errand()).await?;
        let region = self.settings()?.settings.default_region.clone();
        let caller = match phone::read(wanted.from.as_deref().unwrap_or(CALLER), &region) {
            Dialled::Number(key) => key,
            Dialled::Short(_) | Dialled::Withheld => {
                return Err(Refusal::invalid("from: must be a telephone number, such as +12025550143."));
            }
        };
        let mut hops = Hops { since: clock::now(), done: vec![] };
        let outcomes = self.go_through(asked, connection, &caller, &region, &mut hops).await?;
        let (talked, missed) = outcomes.unwrap_or_default();
        let ok =
            hops.done.iter().all(|hop| hop.state != "failed") && hops.done.last().is_some_and(|hop| hop.hop == "card");
        log::info(
            "a self-test ran",
            &[
                ("provider", connection.name().into()),
                ("ok", ok.into()),
                ("duration_ms", (clock::now() - begun).0.into()),
            ],
        );
        let (provider, number) = (connection.name().to_owned(), phone::format(&caller));
        Ok(SelfTestResponse { ok, provider, number, hops: hops.done, talked, missed })
    }

    /// Hop after hop; none when one that the next needs has failed.
    async fn go_through(
        &self,
        asked: &Asked,
        connection: &Connection,
        caller: &PhoneKey,
        region: &str,
        hops: &mut Hops,
    ) -> Result<Option<Outcomes>, Refusal> {
        let (account, user) = (asked.identity.account, asked.claims.user_id);
        let is_ours = hook_key::claimed_account(&connection.hook_key) == Some(account)
            && self.connections(account)?.at(connection.name(), &connection.hook_key).is_some();
        if !is_ours {
            hops.failed("address", "The webhook’s address is not one of this account’s.").await;
            return Ok(None);
        }
        hops.passed("address").await;

        let line = self.line_of(connection, user)?;
        let call = TestCall {
            id: ["selftest", &random::id().map_err(|_| Refusal::unavailable("Try again in a moment."))?].concat(),
            from: caller.to_string(),
            to: connection.credentials.shown("number").unwrap_or_else(|| COMPANY.to_owned()),
            line: line.clone(),
        };
        let now = clock::now();
        let (urls, zone) = (connection.urls(&self.config), self.zone_of(&connection.credentials));
        let rehearsal = Rehearsal::of(&call, &connection.credentials, &urls, &zone, now);
        let credentials = connection.accepted(now);
        let received = rehearsal.receive(&Context { credentials: &credentials, urls: &urls, now, zone: &zone });
        let received = match received {
            Ok(received) => received,
            Err(refusal) => {
                hops.failed("signature", refusal).await;
                return Ok(None);
            }
        };
        hops.end("signature", if rehearsal.is_signed() { "passed" } else { "skipped" }, None).await;

        let known = self.store.person(caller)?.0;
        let errand = Errand { purpose: Purpose::Admin, call: None, budget: Budget::of(REQUESTS) };
        let person = match self.look_up(&errand, caller, region, known.as_ref(), clock::now()).await {
            Ok(found) => {
                hops.passed("kommo").await;
                Some(found.person)
            }
            // The card then shows what is known already, as it would of a real call.
            Err(error) => {
                hops.failed("kommo", error).await;
                known
            }
        };

        let (row, card) = match self.take_in_and_back(asked, connection, &received, caller, person.as_ref()) {
            Ok(taken) => taken,
            Err(error) => {
                log::error("the test call could not be taken in", &[("error", error.to_string().into())]);
                hops.failed("intake", "The account’s database refused. Try again in a moment.").await;
                return Ok(None);
            }
        };
        hops.passed("intake").await;
        let outcomes = self.outcomes(connection, &row, &person.unwrap_or_default(), line.as_ref())?;
        hops.passed("rules").await;

        match card {
            Some(card) => match self.show_test(user, &call.id, card).await {
                Ok(()) => hops.passed("card").await,
                Err(why) => hops.failed("card", why).await,
            },
            None => hops.failed("card", "This user is not active in the account, so no card is shown.").await,
        }
        Ok(Some(outcomes))
    }

    /// The line of a user at this provider: the call rings there, so that the card is theirs.
    fn line_of(&self, connection: &Connection, user: UserId) -> Result<Option<ExtensionId>, StoreError> {
        let lines = self.store.lines()?;
        let own = lines.of(connection.name()).iter().find(|(_, owner)| **owner == user);
        Ok(own.map(|(line, _)| line.clone()))
    }

    /// Everything that would be stored is stored and taken back, in this one turn.
    fn take_in_and_back(
        &self,
        asked: &Asked,
        connection: &Connection,
        received: &Received,
        caller: &PhoneKey,
        person: Option<&Person>,
    ) -> Result<(CallRow, Option<CardView>), StoreError> {
        let missing = |what: &str| StoreError(format!("the test call left {what}"));
        self.store.taken_back(|| {
            let taken = self.take_delivery(&asked.identity, connection.name(), received, clock::now())?;
            let Taken::Stored(touched) = taken else { return Err(missing("no call: its delivery was seen before")) };
            let touched = touched.first().ok_or_else(|| missing("no call"))?;
            if let Some(person) = person {
                self.store.set_person(caller, person)?;
            }
            let row = self.store.call(touched.row.id)?.ok_or_else(|| missing("no row"))?;
            let (lines, directory) = (self.store.lines()?, self.known_directory()?);
            let card = self.card(&row, asked.claims.user_id, &lines, &directory, None);
            Ok((row, card))
        })
    }

    fn outcomes(
        &self,
        connection: &Connection,
        row: &CallRow,
        person: &Person,
        line: Option<&ExtensionId>,
    ) -> Result<Outcomes, StoreError> {
        let (stored, all_lines, directory) = (self.settings()?, self.store.lines()?, self.known_directory()?);
        let lines = all_lines.of(connection.name());
        let side = self.side_of(&row.call, lines, &stored.settings);
        let formatted = side.other.number().map(phone::format).unwrap_or_default();
        let facts = Facts {
            settings: &stored.settings,
            call: &row.call,
            side: &side,
            recording: None,
            formatted: &formatted,
            lines,
            users: &directory.users,
            account: &directory.account,
            person: None,
            done: &Done::default(),
            feedback: &Feedback::default(),
            manager_is_here: false,
            away: &[],
            told_of_changes: false,
            talked_since: false,
            switched_off: !stored.active,
        };
        Ok(plan::rehearse(&facts, person, line, clock::now()))
    }

    /// Sends the card to the tab in front of the administrator, and waits for that to say it is shown.
    async fn show_test(&self, user: UserId, id: &str, card: CardView) -> Result<(), &'static str> {
        self.awaited_tests.0.borrow_mut().insert(id.to_owned(), user);
        let is_open = self.send_to_one_tab(user, &ServerMessage::SelfTest { id: id.to_owned(), card: Box::new(card) });
        let deadline = clock::now() + CARD_WITHIN;
        let awaits = || self.awaited_tests.0.borrow().contains_key(id);
        while is_open && awaits() && clock::now() < deadline {
            Delay::from(LOOK_AGAIN).await;
        }
        match (is_open, self.awaited_tests.0.borrow_mut().remove(id)) {
            (true, None) => Ok(()),
            (true, Some(_)) => {
                Err("The tab did not confirm the card within three seconds. Reload the page and try again.")
            }
            (false, _) => Err("None of your tabs is connected. Switch the product on, reload the page and try again."),
        }
    }

    /// A tab says that it shows a test call's card.
    pub(super) fn self_test_shown(&self, id: &str, user: UserId) {
        let mut awaited = self.awaited_tests.0.borrow_mut();
        if awaited.get(id) == Some(&user) {
            awaited.remove(id);
        }
    }
}
