//! Credentials and lines for whoever tries a provider without being its customer.

use serde_json::{Value, json};

use super::send::TELNYX_PUBLIC_KEY;

/// The key of a Vonage application, made for this purpose alone.
const VONAGE_KEY: &str = include_str!("../../fixtures/vonage-application.pem");
/// The company's number.
const COMPANY: &str = "+14155559999";

/// Credentials of a customer of the simulated provider, each account its own.
pub fn credentials(provider: &str, account: u64) -> Value {
    match provider {
        "twilio" => {
            json!({"accountSid": format!("AC{account:032x}"), "authToken": format!("{:032x}", account * 7), "number": COMPANY})
        }
        "zadarma" => json!({"key": format!("key{account}"), "secret": format!("secret{account}")}),
        "telnyx" => json!({
            "apiKey": format!("KEY{account:020}"), "publicKey": TELNYX_PUBLIC_KEY,
            "connectionId": format!("16{account}"), "number": COMPANY,
        }),
        "vonage" => json!({
            "apiKey": "a1b2c3d", "signatureSecret": format!("signature{account}"),
            "applicationId": format!("aaaaaaaa-bbbb-4ccc-addd-{account:012}"), "privateKey": VONAGE_KEY, "number": COMPANY,
        }),
        "plivo" => {
            json!({"authId": format!("MA{account:018}"), "authToken": format!("token{account}"), "number": COMPANY})
        }
        _ => json!({}),
    }
}

/// What the line of the first, second… employee is called at a provider.
pub fn line(provider: &str, employee: usize) -> String {
    let number = 101 + employee;
    match provider {
        "twilio" => format!("client:u{number}"),
        "telnyx" => format!("sip:u{number}@sip.telnyx.com"),
        "plivo" => format!("sip:u{number}@phone.plivo.com"),
        "vonage" => format!("+14155550{number}"),
        "ringcentral" => format!("400131{number}"),
        _ => number.to_string(),
    }
}
