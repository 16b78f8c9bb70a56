//! `DELETE numbers/{e164}` and `GET export`: an account's data in its administrator's hands.
//!
//! A number is erased in one transaction. While a call with it goes on, or a write to Kommo for it is not settled, the
//! answer is 409 and nothing is erased: the write's result has to be known, or Kommo could get it twice.

use super::super::Hub;
use super::super::reply::{self, Refusal};
use super::super::store::{SECTIONS, StoreError};
use super::Asked;
use crate::adapters::{clock, random};
use crate::log;
use futures_util::stream;
use kommo_voip_domain::call::Phase;
use kommo_voip_domain::journal::Day;
use kommo_voip_domain::phone::PhoneKey;
use kommo_voip_domain::protocol::{ErasureReceipt, NOT_ERASED};
use serde_json::{Value, json};
use std::rc::Rc;
use worker::{Response, ResponseBuilder};

/// Rows of an export that are in memory at a time; a call with its trace is some kilobytes.
const PAGE: i64 = 50;

impl Hub {
    pub(in super::super) async fn delete_number(&self, asked: &Asked, text: &str) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let number = PhoneKey::parse(&text.replace("%2B", "+").replace("%2b", "+"));
        let number = number.ok_or_else(|| {
            Refusal::invalid("The number must be in E.164 form, such as +493012345678, with its plus sign.")
        })?;
        if self.is_under_way(&number)? {
            return Err(Refusal::new(
                409,
                "under_way",
                "Something with this number is under way",
                "A call with this number goes on, or a write to Kommo for it is not settled yet. Nothing was erased; \
                 try again in a minute.",
            ));
        }
        let now = clock::now();
        let erased = self.store.erase_number(&number, now)?;
        let masked = log::number(number.as_str());
        let receipt = ErasureReceipt {
            reference: random::reference(),
            number: masked.clone(),
            erased_at: now.seconds(),
            erased,
            not_erased: NOT_ERASED.map(str::to_owned).to_vec(),
        };
        let fields = [
            ("reference", receipt.reference.as_str().into()),
            ("number", masked.into()),
            ("calls", erased.calls.into()),
        ];
        log::info("a number was erased", &fields);
        // Cards and call lists of open tabs show the truth without it.
        self.greet_again(asked.identity.account)?;
        reply::json(200, &receipt).map_err(reply::runtime)
    }

    fn is_under_way(&self, number: &PhoneKey) -> Result<bool, StoreError> {
        let now = clock::now();
        let is_over = |phase| matches!(phase, Phase::Over { .. });
        Ok(self.busy.borrow().contains(number.as_str())
            || self.store.uncertain_action(number.as_str())?.is_some()
            || self.store.calls_with(number)?.iter().any(|row| !is_over(row.call.phase(now))))
    }

    /// One JSON document, sent while it is read.
    pub(in super::super) async fn get_account_export(self: &Rc<Self>, asked: &Asked) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let hub = Rc::clone(self);
        let parts = stream::unfold(Part::Head(self.export_head(asked)?), move |part| {
            let hub = Rc::clone(&hub);
            async move {
                let (text, next) = match hub.export_part(part) {
                    Ok(part) => part?,
                    // A document that ends in its middle is read by nobody as a whole one.
                    Err(error) => return Some((Err(worker::Error::RustError(error.to_string())), Part::End)),
                };
                Some((Ok(text.into_bytes()), next))
            }
        });
        let file = format!("attachment; filename=\"kommo-voip-{}.json\"", Day::of(clock::now(), 0));
        let response = || {
            ResponseBuilder::new()
                .with_header("Content-Type", "application/json")?
                .with_header("Cache-Control", "no-store")?
                .with_header("X-Content-Type-Options", "nosniff")?
                .with_header("Content-Disposition", &file)?
                .from_stream(parts)
        };
        response().map_err(reply::runtime)
    }

    /// What fits into memory anyway, as the beginning of an object.
    fn export_head(&self, asked: &Asked) -> Result<String, Refusal> {
        let (identity, settings) = (&asked.identity, self.settings()?);
        let connections = self.connections(identity.account)?;
        let connection = |known: &super::super::voip::Connection| json!({"provider": known.name(), "isSetUp": known.is_set_up, "fields": known.fields()});
        let head = json!({
            "exportedAt": clock::now().seconds(),
            "account": {"id": identity.account, "host": identity.host, "connected": identity.connected},
            "settings": settings.settings,
            "active": settings.active,
            "settingsVersion": settings.version,
            "connections": connections.all().map(connection).collect::<Vec<Value>>(),
        });
        let text = head.to_string();
        Ok(text.strip_suffix('}').unwrap_or(&text).to_owned())
    }

    /// The next piece of text, and what comes behind it.
    fn export_part(&self, part: Part) -> Result<Option<(String, Part)>, StoreError> {
        let (index, after) = match part {
            Part::Head(text) => return Ok(Some((text, Part::Rows { section: 0, after: None }))),
            Part::Rows { section, after } => (section, after),
            Part::End => return Ok(None),
        };
        let Some((name, sql)) = SECTIONS.get(index) else { return Ok(Some(("}".to_owned(), Part::End))) };
        let rows = self.store.export_page(sql, after.unwrap_or(0), PAGE)?;
        let mut text = if after.is_none() { format!(",\"{name}\":[") } else { String::new() };
        for (at, (_, json)) in rows.iter().enumerate() {
            if at > 0 || after.is_some() {
                text.push(',');
            }
            text.push_str(json);
        }
        let next = match rows.last().filter(|_| rows.len() as i64 == PAGE) {
            Some((last, _)) => Part::Rows { section: index, after: Some(*last) },
            None => {
                text.push(']');
                Part::Rows { section: index + 1, after: None }
            }
        };
        Ok(Some((text, next)))
    }
}

/// Where an export stands.
enum Part {
    /// At its beginning.
    Head(String),
    /// Before the rows behind one of a section.
    Rows { section: usize, after: Option<i64> },
    /// Everything is sent.
    End,
}
