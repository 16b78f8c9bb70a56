//! The words of the file of calls, in the reader's language.

use crate::telephony::Direction;

/// A word in English, Spanish and Portuguese.
pub(super) type Words = [&'static str; 3];

/// The languages we write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Spanish,
    Portuguese,
}

impl Language {
    /// Of a code such as `pt-BR`; English where we do not know better.
    pub(super) fn of(code: &str) -> Self {
        match code.get(..2) {
            Some("es") => Self::Spanish,
            Some("pt") => Self::Portuguese,
            _ => Self::English,
        }
    }
}

pub(super) fn word(words: &Words, language: Language) -> &'static str {
    let [english, spanish, portuguese] = words;
    match language {
        Language::English => english,
        Language::Spanish => spanish,
        Language::Portuguese => portuguese,
    }
}

/// The columns, in the order of [`super::CsvCall`].
pub(super) const COLUMNS: [Words; 14] = [
    ["Started", "Inicio", "Início"],
    ["Direction", "Dirección", "Direção"],
    ["From", "De", "De"],
    ["To", "Para", "Para"],
    ["Outcome", "Estado", "Estado"],
    ["Talk (seconds)", "Duración (segundos)", "Duração (segundos)"],
    ["Manager", "Usuario", "Usuário"],
    ["Result", "Resultado", "Resultado"],
    ["Note", "Nota", "Nota"],
    ["Quality", "Calidad", "Qualidade"],
    ["Reason for it", "Motivo de la calidad", "Motivo da qualidade"],
    ["Logged on", "Registrada en", "Registrada em"],
    ["Recorded", "Grabada", "Gravada"],
    ["Call ID", "ID de la llamada", "ID da ligação"],
];

pub(super) fn direction(direction: Direction, language: Language) -> &'static str {
    let words: Words = match direction {
        Direction::Inbound => ["incoming", "entrante", "recebida"],
        Direction::Outbound => ["outgoing", "saliente", "realizada"],
        Direction::Internal => ["internal", "interna", "interna"],
    };
    word(&words, language)
}

/// The journal's status; one we do not know is left out.
pub(super) fn outcome(status: &str, language: Language) -> &'static str {
    let words: Words = match status {
        "ringing" => ["ringing", "sonando", "tocando"],
        "answered" => ["on the call", "en conversación", "em conversa"],
        "completed" => ["answered", "contestada", "atendida"],
        "missed" => ["missed", "perdida", "perdida"],
        "busy" => ["busy", "ocupado", "ocupado"],
        "failed" => ["failed", "fallida", "falhou"],
        "cancelled" => ["cancelled", "cancelada", "cancelada"],
        "voicemail" => ["voicemail", "buzón de voz", "caixa postal"],
        _ => [""; 3],
    };
    word(&words, language)
}

/// Kommo's result of a call (Kommo API reference: calls).
pub(super) fn result(number: u8, language: Language) -> &'static str {
    let words: Words = match number {
        1 => ["Left a message", "Dejó un mensaje", "Deixou mensagem"],
        2 => ["Call back later", "Llamar más tarde", "Ligar mais tarde"],
        3 => ["Not available", "No disponible", "Não disponível"],
        4 => ["Talked", "Conversación realizada", "Conversa realizada"],
        5 => ["Wrong number", "Número equivocado", "Número errado"],
        6 => ["Not reached", "Sin conexión", "Sem contato"],
        7 => ["Busy", "Ocupado", "Ocupado"],
        _ => [""; 3],
    };
    word(&words, language)
}
