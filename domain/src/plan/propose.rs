//! Whose a telephone line seems to be, for an administrator to confirm.

use super::Colleague;
use crate::protocol::ProposedLine;
use crate::telephony::out::ProviderLine;

/// Whose each of a provider's lines seems to be: the one active user with the same e-mail address, else with the same
/// name. Where two would fit, nobody is proposed.
pub fn propose(lines: Vec<ProviderLine>, users: &[Colleague]) -> Vec<ProposedLine> {
    let only = |fits: &dyn Fn(&Colleague) -> bool| {
        let mut found = users.iter().filter(|user| user.is_active && fits(user));
        match (found.next(), found.next()) {
            (Some(user), None) => Some(user.id),
            _ => None,
        }
    };
    let same =
        |one: &str, other: &str| !one.trim().is_empty() && one.trim().to_lowercase() == other.trim().to_lowercase();
    let proposed = |line: ProviderLine| ProposedLine {
        kommo_user_id: only(&|user| same(&line.email, &user.email))
            .or_else(|| only(&|user| same(&line.name, &user.name))),
        extension_id: line.extension_id,
        name: line.name,
    };
    lines.into_iter().map(proposed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ExtensionId, UserId};
    use crate::kommo::users::{Rights, ViewRight};

    fn user(id: i64, name: &str, email: &str, is_active: bool) -> Colleague {
        let all = ViewRight::All;
        let view = Rights {
            leads: all,
            contacts: all,
            companies: all,
            is_admin: false,
            add_contacts: true,
            is_free: false,
            is_active,
            group_id: None,
        };
        let (name, email) = (name.to_owned(), email.to_owned());
        Colleague { id: UserId(id), name, email, is_active, is_admin: false, group: None, view }
    }

    fn proposed(name: &str, email: &str, users: &[Colleague]) -> Option<UserId> {
        let line = ProviderLine { extension_id: ExtensionId("101".into()), name: name.into(), email: email.into() };
        propose(vec![line], users).remove(0).kommo_user_id
    }

    #[test]
    fn the_address_decides_before_the_name_and_two_of_a_kind_decide_nothing() {
        let users = [
            user(1, "Ada Lovelace", "ada@acme.example", true),
            user(2, "Grace Hopper", "grace@acme.example", true),
            user(3, "grace hopper", "g@acme.example", true),
            user(4, "Linus", "linus@acme.example", false),
        ];
        assert_eq!(proposed("Grace Hopper", "ADA@acme.example ", &users), Some(UserId(1)));
        assert_eq!(proposed("ada lovelace", "", &users), Some(UserId(1)));
        assert_eq!(proposed("Grace Hopper", "", &users), None);
        assert_eq!(proposed("Linus", "linus@acme.example", &users), None);
        assert_eq!(proposed("", "", &users), None);
    }
}
