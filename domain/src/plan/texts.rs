//! The few sentences that end up in Kommo, in the account's language.

use super::{Facts, Rating, credited_user};
use crate::ids::{Entity, EntityKind};
use crate::telephony::Direction;

/// The account's language among those we write; English where we do not know better.
fn pick<'a>(facts: &Facts<'_>, en: &'a str, es: &'a str, pt: &'a str) -> &'a str {
    match facts.account.language.get(..2) {
        Some("es") => es,
        Some("pt") => pt,
        _ => en,
    }
}

pub(super) fn lead_name(facts: &Facts<'_>) -> String {
    let words = match facts.side.direction {
        Direction::Outbound => pick(facts, "Outbound call", "Llamada saliente", "Chamada efetuada"),
        _ => pick(facts, "Inbound call", "Llamada entrante", "Chamada recebida"),
    };
    format!("{words} {}", facts.formatted)
}

pub(super) fn missed_call_task(facts: &Facts<'_>) -> String {
    let chosen = facts.settings.missed.text.trim();
    if !chosen.is_empty() {
        return chosen.to_owned();
    }
    let words = pick(
        facts,
        "Missed call: call back",
        "Llamada perdida: devolver la llamada a",
        "Chamada perdida: retornar para",
    );
    format!("{words} {}", facts.formatted)
}

pub(super) fn talked_after_all(facts: &Facts<'_>) -> String {
    let name = credited_user(facts.call, facts.lines)
        .and_then(|id| facts.users.iter().find(|user| user.id == id))
        .map(|user| user.name.as_str());
    match name {
        Some(name) => {
            let words = pick(facts, "has talked with the caller", "ha hablado con el cliente", "falou com o cliente");
            format!("{name} {words}")
        }
        None => pick(facts, "Talked with the caller", "Se ha hablado con el cliente", "Houve conversa com o cliente")
            .to_owned(),
    }
}

pub(super) fn unmapped_line(facts: &Facts<'_>, lines: &str) -> String {
    let words = pick(
        facts,
        "Line without a user in the VoIP settings:",
        "Línea sin usuario en los ajustes de VoIP:",
        "Ramal sem usuário nas configurações de VoIP:",
    );
    format!("{words} {lines}")
}

pub(super) fn end_not_reported(facts: &Facts<'_>) -> String {
    pick(
        facts,
        "The provider did not report the end of this call",
        "El proveedor no informó del fin de esta llamada",
        "O provedor não informou o fim desta chamada",
    )
    .to_owned()
}

pub(super) fn rating(facts: &Facts<'_>, rating: &Rating) -> String {
    let words = pick(facts, "Quality", "Calidad", "Qualidade");
    let score = format!("{words} {}/5", rating.score);
    rating.reason.as_ref().map_or(score.clone(), |reason| format!("{score}: {reason}"))
}

pub(super) fn moved(facts: &Facts<'_>, place: Entity) -> String {
    let words = match place.kind() {
        EntityKind::Leads => pick(facts, "Moved to lead", "Movida al lead", "Movida para o lead"),
        EntityKind::Contacts => pick(facts, "Moved to contact", "Movida al contacto", "Movida para o contato"),
        EntityKind::Companies => pick(facts, "Moved to company", "Movida a la compañía", "Movida para a empresa"),
    };
    format!("{words} {}", place.id())
}
