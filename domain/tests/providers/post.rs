//! A delivery to build, change and hand to its adapter.

use kommo_voip_domain::telephony::credentials::{Preset, Scheme};
use kommo_voip_domain::telephony::{
    CallEvent, Context, Credentials, Delivery, LocalTime, Provider, Purpose, Received, Refusal, ReportedStatus, Urls,
    receive,
};
use kommo_voip_domain::time::Moment;

/// A moment in the tests: 2026-07-01 10:00:00 UTC.
pub const NOON: i64 = 1_782_900_000;
pub const HOOK: &str = "https://voip.example.com/webhooks/voip/p/key1";
pub const ROUTE: &str = "https://voip.example.com/route/p/key1";

/// Two hours ahead of UTC.
pub struct Summer;

impl LocalTime for Summer {
    fn read(&self, text: &str) -> Option<Moment> {
        let (date, time) = text.split_once(' ')?;
        let number = |text: &str| text.parse().ok().filter(|number| (0..=9999).contains(number));
        let numbers = |text: &str, by: char| -> Option<Vec<i64>> { text.split(by).map(number).collect() };
        let (date, time) = (numbers(date, '-')?, numbers(time, ':')?);
        let ([2026, 7, day], [hour, minute, second]) = (date.as_slice(), time.as_slice()) else { return None };
        // 2026-07-01 00:00:00 UTC is NOON less ten hours.
        let midnight = NOON - 10 * 3600;
        Some(Moment::from_seconds(midnight + (day - 1) * 86_400 + (hour - 2) * 3600 + minute * 60 + second))
    }

    fn write(&self, _moment: Moment) -> String {
        String::new()
    }
}

#[derive(Clone)]
pub struct Post {
    pub purpose: Purpose,
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Post {
    pub fn to(url: &str, body: impl Into<Vec<u8>>) -> Self {
        let purpose = if url.contains("/route/") { Purpose::Route } else { Purpose::Report };
        Self { purpose, method: "POST", url: url.to_owned(), headers: vec![], body: body.into() }
    }

    pub fn get(url: &str) -> Self {
        Self { method: "GET", ..Self::to(url, "") }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub fn header(&self, name: &str) -> String {
        self.headers.iter().find(|(known, _)| known == name).expect("the header").1.clone()
    }

    pub fn received_at(&self, credentials: &[&Credentials], now: i64) -> Result<Received, Refusal> {
        let urls = Urls { hook: HOOK.to_owned(), route: ROUTE.to_owned() };
        let context = Context { credentials, urls: &urls, now: Moment::from_seconds(now), zone: &Summer };
        let delivery = Delivery {
            purpose: self.purpose,
            method: self.method,
            url: &self.url,
            headers: &self.headers,
            body: &self.body,
        };
        receive(&delivery, &context)
    }

    pub fn received(&self, credentials: &Credentials) -> Result<Received, Refusal> {
        self.received_at(&[credentials], NOON)
    }

    pub fn events(&self, credentials: &Credentials) -> Vec<CallEvent> {
        self.received(credentials).expect("accepted").events
    }

    /// Line and status of each event, `-` for the whole call.
    pub fn says(&self, credentials: &Credentials) -> Vec<(String, ReportedStatus)> {
        said(&self.events(credentials))
    }
}

pub fn said(events: &[CallEvent]) -> Vec<(String, ReportedStatus)> {
    let line = |event: &CallEvent| event.extension.as_ref().map_or("-".to_owned(), |line| line.0.clone());
    events.iter().map(|event| (line(event), event.status)).collect()
}

pub fn is_unsigned(result: &Result<Received, Refusal>) -> bool {
    matches!(result, Err(Refusal::Unsigned(_)))
}

pub fn at(seconds: i64) -> Moment {
    Moment::from_seconds(NOON + seconds)
}

pub const TELNYX_PUBLIC: &str = "+7E99DXiiQXvceNX4nHm3Lbm5mqPWad5RhDr2ufuCik=";

/// Credentials of each provider as the tests' signers know them; `key` is what signs.
pub fn credentials(provider: Provider, key: &str) -> Credentials {
    let key = key.to_owned();
    let number = "+12025550123".to_owned();
    match provider {
        Provider::Generic => generic(Scheme::Standard, None, &key),
        Provider::Twilio => Credentials::Twilio { account_sid: "AC1".into(), auth_token: key, number, record: false },
        Provider::Zadarma => {
            Credentials::Zadarma { key: "key".into(), secret: key, time_zone: Some("Europe/Berlin".into()) }
        }
        Provider::Telnyx => Credentials::Telnyx {
            api_key: "KEY-secret".into(),
            public_key: key,
            connection_id: "1".into(),
            number,
            record: false,
        },
        Provider::Vonage => Credentials::Vonage {
            api_key: "a1b2c3d".into(),
            signature_secret: key,
            application_id: "app".into(),
            private_key: String::new(),
            number,
            record: false,
        },
        Provider::Plivo => {
            Credentials::Plivo { auth_id: "MA1".into(), auth_token: key, number, record: false, time_zone: None }
        }
        Provider::RingCentral => Credentials::RingCentral { verification_token: key },
    }
}

pub fn generic(scheme: Scheme, preset: Option<Preset>, secret: &str) -> Credentials {
    Credentials::Generic {
        scheme,
        preset,
        header: None,
        secret: secret.to_owned(),
        recording_hosts: vec![],
        time_zone: None,
        dial_url: None,
    }
}
