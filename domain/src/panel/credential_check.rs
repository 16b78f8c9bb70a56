//! What can be seen of a credential while it is typed: its shape. Whether it is right only the provider knows, and the
//! server checks everything again.

use super::Text;
use crate::telephony::Provider;
use crate::webhook::Secret;

/// What is wrong with the shape of a field's text; `scheme` is how the generic webhook signs.
pub(crate) fn mistake(provider: Provider, name: &str, text: &str, scheme: &str) -> Option<Text> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let all = |is_good: fn(&u8) -> bool| text.bytes().all(|byte| is_good(&byte));
    let (good, wrong) = match name {
        "number" => {
            let digits = text.strip_prefix('+').unwrap_or_default();
            let good = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            (good, Text::WrongNumber)
        }
        "accountSid" => {
            let rest = text.strip_prefix("AC").unwrap_or_default();
            (rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()), Text::WrongSid)
        }
        "dialUrl" => (text.starts_with("https://") && all(u8::is_ascii_graphic), Text::WrongAddress),
        "header" => (all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-'), Text::WrongHeader),
        "secret" if provider != Provider::Generic => (text.len() >= 4 && all(u8::is_ascii_graphic), Text::WrongCopy),
        "secret" if scheme == "standard" => (Secret::parse(text).is_ok(), Text::WrongSecret),
        "secret" => ((8..=512).contains(&text.len()), Text::WrongShort),
        "privateKey" => (text.starts_with("-----BEGIN PRIVATE KEY-----"), Text::WrongKey),
        "authToken" | "key" | "apiKey" | "publicKey" | "connectionId" | "signatureSecret" | "applicationId"
        | "authId" => (text.len() >= 4 && all(u8::is_ascii_graphic), Text::WrongCopy),
        _ => (true, Text::WrongCopy),
    };
    (!good).then_some(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telephony::Credentials;
    use serde_json::{Map, Value};

    /// Whether the server takes the field, with all others as they should be.
    fn server(provider: Provider, name: &str, text: &str, scheme: &str) -> bool {
        let good = |field: &str| match field {
            "scheme" => scheme,
            "secret" => "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            "number" => "+12025550123",
            "accountSid" => "AC0123456789abcdef0123456789abcdef",
            "publicKey" => "+7E99DXiiQXvceNX4nHm3Lbm5mqPWad5RhDr2ufuCik=",
            "privateKey" => "-----BEGIN PRIVATE KEY-----",
            "authToken" | "key" | "apiKey" | "connectionId" | "signatureSecret" | "applicationId" | "authId" => "abcd",
            _ => "",
        };
        let fields = provider.fields().iter().map(|field| (field.name.to_owned(), Value::from(good(field.name))));
        let mut typed: Map<String, Value> = fields.collect();
        typed.insert(name.to_owned(), text.into());
        let about = ["credentials.", name, " "].concat();
        !Credentials::read(provider, &typed, None).is_err_and(|error| error.to_string().starts_with(&about))
    }

    #[test]
    fn what_the_server_takes_is_no_mistake_and_what_is_one_the_server_refuses() {
        let samples = [
            "+12025550123",
            "12025550123",
            "+1 202 555 0123",
            "AC0123456789abcdef0123456789abcdef",
            "AC12",
            "abc",
            "abcd",
            "a b c d",
            "https://pbx.example/dial",
            "http://pbx.example",
            "X-Signature",
            "X Signature",
            "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            "whsec_not base64",
            "12345678",
            "1234567",
            "-----BEGIN PRIVATE KEY-----\nx",
            "+7E99DXiiQXvceNX4nHm3Lbm5mqPWad5RhDr2ufuCik=",
        ];
        for provider in Provider::ALL {
            for field in provider.fields().iter().filter(|field| field.name != "scheme") {
                for text in samples {
                    for scheme in ["standard", "hmac-body"] {
                        let is_said = mistake(provider, field.name, text, scheme).is_some();
                        let taken = server(provider, field.name, text, scheme);
                        assert!(!(is_said && taken), "{} {}: {text}", provider.as_str(), field.name);
                    }
                }
            }
        }
        assert_eq!(mistake(Provider::Twilio, "number", "", ""), None, "what is empty is asked for when saving");
        assert_eq!(mistake(Provider::Twilio, "number", "030 5550100", ""), Some(Text::WrongNumber));
    }
}
