//! `GET calls`, `GET calls/export`, `GET calls/figures`: the journal, filtered.
//!
//! The filters `from`, `to`, `user`, `direction`, `outcome` and `number` mean the same for all three
//! ([`Filters`]). A manager gets own calls only, whatever the filters say.

use super::super::Hub;
use super::super::reply::{self, Refusal};
use super::super::store::{CallRow, Cursor, Wanted};
use super::Asked;
use super::calls::Reader;
use crate::adapters::clock;
use crate::adapters::time_zone::Zone;
use kommo_voip_domain::ids::Entity;
use kommo_voip_domain::journal::{self, CsvCall, Day, Filters, Offsets, Span};
use kommo_voip_domain::phone;
use kommo_voip_domain::protocol::{CallsResponse, FiguresResponse};
use kommo_voip_domain::time::{Millis, Moment};
use std::time::Duration;
use worker::{Delay, Headers, Response};

/// Calls on one page.
const PAGE: usize = 50;
/// Calls in one file: a few megabytes, which the object can hold beside its other work.
const LONGEST_EXPORT: usize = 10_000;
/// Calls read at a time for a file; between two readings calls and webhooks have their turn.
const EXPORT_STEP: usize = 100;

impl Hub {
    fn wanted(&self, asked: &Asked, reader: &Reader) -> Result<Wanted, Refusal> {
        let settings = self.settings()?;
        let region = &settings.settings.default_region;
        let query = asked.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let filters = Filters::read(query, |text| phone::key_of(text, region))
            .map_err(|error| Refusal::invalid(format!("{error}.")))?;
        Ok(Wanted { only: (!reader.is_admin).then_some(reader.user), filters })
    }

    /// One page, the latest call first; `cursor` reads on.
    pub(in super::super) async fn get_calls(&self, asked: &Asked) -> Result<Response, Refusal> {
        let reader = self.reader(asked).await?;
        let wanted = self.wanted(asked, &reader)?;
        let behind = match asked.query("cursor") {
            None => None,
            Some(text) => Some(Cursor::read(text).ok_or_else(|| Refusal::invalid("cursor: this is not one of ours."))?),
        };
        let mut rows = self.store.journal_page(&wanted, behind, PAGE + 1)?;
        let goes_on = rows.len() > PAGE;
        rows.truncate(PAGE);
        let next_cursor = rows.last().filter(|_| goes_on).map(|row| Cursor::behind(row).to_string());
        // The database chose by the same rule; a mistake there must not show anybody a call of somebody else.
        let seen = rows.iter().filter(|row| reader.may_see(row));
        let calls = seen.map(|row| self.call_view(row, &reader)).collect::<Result<_, _>>()?;
        reply::json(200, &CallsResponse { calls, next_cursor }).map_err(reply::runtime)
    }

    /// The calls as a file for spreadsheets: RFC 4180 with a byte order mark, the latest first, at most
    /// [`LONGEST_EXPORT`]; the last line says so where there are more. `lang` is the language of its words. Times have
    /// the offset of the account's zone, which the first line names.
    pub(in super::super) async fn get_export(&self, asked: &Asked) -> Result<Response, Refusal> {
        let reader = self.reader(asked).await?;
        let wanted = self.wanted(asked, &reader)?;
        let (zone, language) = (account_zone(&reader), asked.query("lang").unwrap_or_default());
        let mut file = [journal::BOM, &journal::header(language, &zone.to_string())].concat();
        let ask = |at: Moment| zone.offset_minutes(at);
        let mut offsets = Offsets::new(&ask);
        let (mut behind, mut left) = (None, LONGEST_EXPORT);
        loop {
            // One more than fits tells whether there are more.
            let rows = self.store.journal_page(&wanted, behind, EXPORT_STEP.min(left + 1))?;
            let is_last = rows.len() < EXPORT_STEP.min(left + 1);
            for row in rows.iter().take(left).filter(|row| reader.may_see(row)) {
                file.push_str(&journal::line(&self.csv_call(row, &reader, &mut offsets)?, language));
            }
            if rows.len() > left {
                file.push_str(&journal::truncated(LONGEST_EXPORT, language));
            }
            let Some(last) = rows.last().filter(|_| !is_last && rows.len() <= left) else { break };
            behind = Some(Cursor::behind(last));
            left -= rows.len();
            Delay::from(Duration::ZERO).await;
        }
        let headers = Headers::new();
        let today = Day::of(clock::now(), offsets.at(clock::now()));
        for (name, value) in [
            ("Content-Type", "text/csv; charset=utf-8; header=present"),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Disposition", &format!("attachment; filename=\"calls-{today}.csv\"")),
        ] {
            headers.set(name, value).map_err(reply::runtime)?;
        }
        Ok(Response::ok(file).map_err(reply::runtime)?.with_headers(headers))
    }

    fn csv_call(&self, row: &CallRow, reader: &Reader, offsets: &mut Offsets<'_>) -> Result<CsvCall, Refusal> {
        let (call, shown, feedback) = (&row.call, &row.journal, &row.feedback);
        let name = |user| match reader.directory.user(user) {
            Some(user) => user.name.clone(),
            None => user.to_string(),
        };
        let logged = |entity: Entity| {
            let name = self.entity_name(row, entity, reader)?;
            Ok::<_, Refusal>(name.unwrap_or_else(|| format!("{} {}", entity.kind().as_str(), entity.id())))
        };
        let result = feedback.result.as_ref().map(|result| &result.saved);
        let rating = feedback.rating.as_ref();
        Ok(CsvCall {
            started: journal::iso8601(call.started_at, offsets.at(call.started_at)),
            direction: Some(shown.direction),
            from: shown.from_number.clone(),
            to: shown.to_number.clone(),
            status: shown.status.clone(),
            talk: shown.duration,
            manager: shown.responsible.map(name).unwrap_or_default(),
            result: result.map(|result| result.call_status),
            text: result.map(|result| result.text.clone()).unwrap_or_default(),
            rating: rating.map(|rating| rating.score),
            reason: rating.and_then(|rating| rating.reason.clone()).unwrap_or_default(),
            logged: shown.entity.map(logged).transpose()?.unwrap_or_default(),
            recorded: call.recording.is_some(),
            id: call.id.to_string(),
        })
    }

    /// What is counted over the calls.
    pub(in super::super) async fn get_figures(&self, asked: &Asked) -> Result<Response, Refusal> {
        let reader = self.reader(asked).await?;
        let wanted = self.wanted(asked, &reader)?;
        let zone = account_zone(&reader);
        let moment = |seconds: Option<i64>| seconds.map(Moment::from_seconds);
        let span = Span { from: moment(wanted.filters.from), to: moment(wanted.filters.to), now: clock::now() };
        let counted = journal::figures(&self.store.journal_tallies(&wanted)?, span, &|at| zone.offset_minutes(at));
        let figures = FiguresResponse {
            time_zone: zone.to_string(),
            everybody: reader.is_admin,
            ratings: journal::ratings(&self.store.journal_ratings(&wanted)?),
            ..counted
        };
        reply::json(200, &figures).map_err(reply::runtime)
    }
}

/// The zone of the account as Kommo names it, else with the offset Kommo told for today.
fn account_zone(reader: &Reader) -> Zone {
    let account = &reader.directory.account;
    Zone::of(account.time_zone.as_deref(), Millis::minutes(account.utc_offset_minutes))
}
