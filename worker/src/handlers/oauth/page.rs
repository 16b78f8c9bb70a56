//! What a person sees at the end of connecting, in the browser's language: connected, or why not and what to do.
//! A finished connection is told to the window that opened this one.

use super::grants::Outcome;
use crate::adapters::random;
use crate::config::Config;
use crate::handlers::Failure;
use crate::respond;
use worker::Response;

/// How it ended for the person.
#[derive(Debug)]
pub enum Ending {
    /// The grant was worked on.
    Finished {
        /// The result.
        outcome: Outcome,
        /// The account's host.
        host: String,
    },
    /// They pressed "deny".
    Declined,
    /// The state is unknown, used up or too old.
    Expired,
    /// A telephony provider is connected.
    Telephony,
    /// A telephony provider did not accept the code.
    TelephonyFailed,
}

/// The languages we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English, and whatever else is asked for.
    English,
    /// Spanish.
    Spanish,
    /// Portuguese.
    Portuguese,
}

impl Language {
    /// The first language of `Accept-Language` that we speak. Browsers list them in order of preference.
    pub fn of(accepted: &str) -> Self {
        let spoken = accepted.split(',').find_map(|range| match range.trim().get(..2)?.to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "es" => Some(Self::Spanish),
            "pt" => Some(Self::Portuguese),
            _ => None,
        });
        spoken.unwrap_or(Self::English)
    }

    fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::Portuguese => "pt",
        }
    }
}

struct Text {
    title: [&'static str; 3],
    advice: [&'static str; 3],
}

const CONNECTED: Text = Text {
    title: ["Connected to Kommo", "Conectado a Kommo", "Conectado ao Kommo"],
    advice: [
        "You can close this window and go on in Kommo.",
        "Puede cerrar esta ventana y continuar en Kommo.",
        "Você pode fechar esta janela e continuar no Kommo.",
    ],
};
const NOT_ADMIN: Text = Text {
    title: ["An administrator has to connect", "Debe conectarlo un administrador", "Um administrador precisa conectar"],
    advice: [
        "You are not an administrator of this Kommo account, so nothing was stored. Ask an administrator to press Connect.",
        "Usted no es administrador de esta cuenta de Kommo, por lo que no se ha guardado nada. Pida a un administrador que pulse Conectar.",
        "Você não é administrador desta conta Kommo, por isso nada foi guardado. Peça a um administrador que clique em Conectar.",
    ],
};
const FAILED: Text = Text {
    title: ["The connection failed", "La conexión ha fallado", "A conexão falhou"],
    advice: [
        "Kommo did not accept the code. Close this window and press Connect again.",
        "Kommo no ha aceptado el código. Cierre esta ventana y pulse Conectar de nuevo.",
        "O Kommo não aceitou o código. Feche esta janela e clique em Conectar novamente.",
    ],
};
const WAITING: Text = Text {
    title: ["Kommo does not answer yet", "Kommo aún no responde", "O Kommo ainda não responde"],
    advice: [
        "We keep trying for twenty minutes; you can close this window. If the settings still offer Connect then, press it again.",
        "Seguiremos intentándolo durante veinte minutos; puede cerrar esta ventana. Si después los ajustes aún ofrecen Conectar, púlselo de nuevo.",
        "Continuaremos tentando por vinte minutos; você pode fechar esta janela. Se depois as configurações ainda oferecerem Conectar, clique novamente.",
    ],
};
const DECLINED: Text = Text {
    title: ["Not connected", "Sin conectar", "Não conectado"],
    advice: [
        "Access was not allowed, so nothing was changed. Press Connect again whenever you like.",
        "No se ha permitido el acceso y no se ha cambiado nada. Pulse Conectar de nuevo cuando quiera.",
        "O acesso não foi permitido e nada foi alterado. Clique em Conectar novamente quando quiser.",
    ],
};
const EXPIRED: Text = Text {
    title: ["This attempt is too old", "Este intento ha caducado", "Esta tentativa expirou"],
    advice: [
        "Connecting was begun in another browser or more than ten minutes ago. Close this window and press Connect again.",
        "La conexión se inició en otro navegador o hace más de diez minutos. Cierre esta ventana y pulse Conectar de nuevo.",
        "A conexão foi iniciada em outro navegador ou há mais de dez minutos. Feche esta janela e clique em Conectar novamente.",
    ],
};
const TELEPHONY: Text =
    Text { title: ["Telephony connected", "Telefonía conectada", "Telefonia conectada"], advice: CONNECTED.advice };
const TELEPHONY_FAILED: Text = Text {
    title: FAILED.title,
    advice: [
        "The telephony provider did not accept the code. Close this window and press Connect again.",
        "El proveedor de telefonía no ha aceptado el código. Cierre esta ventana y pulse Conectar de nuevo.",
        "O provedor de telefonia não aceitou o código. Feche esta janela e clique em Conectar novamente.",
    ],
};
const CLOSE: [&str; 3] = ["Close this window", "Cerrar esta ventana", "Fechar esta janela"];

/// The page.
pub fn of(ending: &Ending, language: Language, config: &Config) -> Result<Response, Failure> {
    let nonce = random::id()?;
    let (status, text) = text_of(ending);
    let html = html(text, language, &opener_origins(ending, config), &nonce);
    Ok(respond::page(status, html, &nonce)?)
}

fn text_of(ending: &Ending) -> (u16, &'static Text) {
    match ending {
        Ending::Finished { outcome: Outcome::Connected, .. } => (200, &CONNECTED),
        Ending::Finished { outcome: Outcome::NotAdmin, .. } => (403, &NOT_ADMIN),
        Ending::Finished { outcome: Outcome::Failed, .. } => (400, &FAILED),
        Ending::Finished { outcome: Outcome::Waiting, .. } => (202, &WAITING),
        Ending::Declined => (200, &DECLINED),
        Ending::Expired => (400, &EXPIRED),
        Ending::Telephony => (200, &TELEPHONY),
        Ending::TelephonyFailed => (400, &TELEPHONY_FAILED),
    }
}

/// Who may hear that the account is connected: its own page, and nobody else.
fn opener_origins(ending: &Ending, config: &Config) -> Vec<String> {
    match ending {
        Ending::Finished { outcome: Outcome::Connected, host } => match &config.kommo_origin_override {
            None => vec![format!("https://{host}")],
            // This machine has two names, and the page may have been opened under either.
            Some(origin) => vec![origin.clone(), origin.replacen("127.0.0.1", "localhost", 1)],
        },
        _ => Vec::new(),
    }
}

fn html(text: &Text, language: Language, origins: &[String], nonce: &str) -> String {
    let pick = |texts: &[&'static str; 3]| {
        let [english, spanish, portuguese] = *texts;
        match language {
            Language::English => english,
            Language::Spanish => spanish,
            Language::Portuguese => portuguese,
        }
    };
    let (lang, title, advice, close) = (language.code(), pick(&text.title), pick(&text.advice), pick(&CLOSE));
    // Hosts are checked labels, so the JSON holds nothing that could end the script.
    let origins = serde_json::json!(origins);
    format!(
        r#"<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style nonce="{nonce}">
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f4f5f7; color: #1f2733; font: 16px/1.5 system-ui, sans-serif }}
main {{ max-width: 26rem; margin: 1rem; padding: 2rem; border-radius: 12px; background: #fff; box-shadow: 0 2px 12px #0002 }}
h1 {{ margin: 0 0 .75rem; font-size: 1.25rem }}
button {{ margin-top: 1rem; padding: .5rem 1rem; border: 0; border-radius: 6px; background: #2a6df4; color: #fff; font: inherit; cursor: pointer }}
@media (prefers-color-scheme: dark) {{ body {{ background: #14181f; color: #e6e9ee }} main {{ background: #1f2530 }} }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{advice}</p>
<button type="button">{close}</button>
</main>
<script nonce="{nonce}">
for (const origin of {origins}) if (window.opener) window.opener.postMessage({{ type: "kommo-voip-connected" }}, origin);
document.querySelector("button").addEventListener("click", () => window.close());
</script>
</body>
</html>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{local, production};

    fn connected() -> Ending {
        Ending::Finished { outcome: Outcome::Connected, host: "acme.kommo.com".into() }
    }

    #[test]
    fn the_browsers_language_is_spoken() {
        for (accepted, expected) in [
            ("es-MX,es;q=0.9,en;q=0.8", Language::Spanish),
            ("pt-BR", Language::Portuguese),
            ("de-DE,pt;q=0.5", Language::Portuguese),
            ("de", Language::English),
            ("", Language::English),
            ("é", Language::English),
        ] {
            assert_eq!(Language::of(accepted), expected, "{accepted}");
        }
    }

    #[test]
    fn only_the_connected_account_hears_of_it() {
        assert_eq!(opener_origins(&connected(), &production()), ["https://acme.kommo.com"]);
        assert_eq!(opener_origins(&connected(), &local()), ["http://127.0.0.1:8790", "http://localhost:8790"]);
        for outcome in [Outcome::NotAdmin, Outcome::Failed, Outcome::Waiting] {
            let ending = Ending::Finished { outcome, host: "acme.kommo.com".into() };
            assert!(opener_origins(&ending, &production()).is_empty());
        }
        assert!(opener_origins(&Ending::Declined, &production()).is_empty());
    }

    #[test]
    fn a_page_says_what_to_do() {
        let page = html(&NOT_ADMIN, Language::Spanish, &[], "n");
        assert!(page.contains(r#"<html lang="es">"#) && page.contains("administrador"));
        assert!(
            html(&CONNECTED, Language::English, &["https://acme.kommo.com".into()], "n")
                .contains(r#"["https://acme.kommo.com"]"#)
        );
    }
}
