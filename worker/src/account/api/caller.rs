//! `PUT calls/{id}/entity`, `POST calls/{id}/contact`: whose call it is, said on the card while it still rings.
//!
//! Both only store a wish; the call's lane carries it out like everything else about the call, so a wish that comes
//! twice, or beside what the settings do by themselves, has one effect.

use super::super::Hub;
use super::super::cards::{is_creatable, may_add_contacts};
use super::super::reply::Refusal;
use super::Asked;
use super::feedback::refused;
use kommo_voip_domain::ids::Entity;
use kommo_voip_domain::phone::PhoneKey;
use kommo_voip_domain::plan::DialledFrom;
use kommo_voip_domain::protocol::CreateContactRequest;
use std::rc::Rc;
use worker::Response;

impl Hub {
    pub(in super::super) async fn put_entity(self: &Rc<Self>, asked: &Asked, id: &str) -> Result<Response, Refusal> {
        let reader = self.reader(asked).await?;
        let row = self.visible_call(id, &reader)?;
        let chosen: Entity = super::read(&asked.body)?;
        if chosen.id() <= 0 {
            return Err(Refusal::invalid("id: must be the number of a lead, contact or company."));
        }
        let mut place = self.require_visible(&row, chosen, &reader).await?;
        let mut entity = chosen;
        // Whoever has exactly one open lead gets the call there, if the person may see it.
        let person = self.store.person_of_lane(&row.lane)?;
        let target = person.chosen(chosen).map(|found| found.target).filter(|target| *target != chosen);
        if let Some(target) = target
            && let Ok(of_lead) = self.require_visible(&row, target, &reader).await
        {
            (entity, place) = (target, of_lead);
        }
        let by = reader.user;
        let why = "The manager chose on the card whose call it is.";
        self.say(&row, &reader, why, |feedback| {
            feedback.chosen_on_card = Some(DialledFrom { by, entity, place });
            Ok(())
        })
        .await
    }

    pub(in super::super) async fn post_contact(self: &Rc<Self>, asked: &Asked, id: &str) -> Result<Response, Refusal> {
        let reader = self.reader(asked).await?;
        let row = self.visible_call(id, &reader)?;
        let wish = match asked.body.trim() {
            "" => CreateContactRequest::default(),
            // A list would be read field by field.
            body if body.starts_with('{') => super::read(body)?,
            _ => return Err(Refusal::invalid("an object is expected.")),
        };
        let may = reader.directory.user(reader.user).is_some_and(may_add_contacts);
        if !may {
            const WHY: &str = "Kommo does not let you add contacts; ask an administrator for the right to.";
            return Err(Refusal::new(403, "not_allowed", "Not allowed", WHY));
        }
        if PhoneKey::parse(&row.lane).is_none() || row.switched_off {
            const WHY: &str = "Only a caller with a number, in a call that is written to Kommo, can get a contact.";
            return Err(Refusal::new(409, "nobody_to_create", "There is nobody to create", WHY));
        }
        let person = self.store.person_of_lane(&row.lane)?;
        if row.feedback.contact_wanted.is_none() && !is_creatable(&person, &row) {
            const WHY: &str = "Somebody in Kommo has this number by now; the call’s card shows who.";
            return Err(Refusal::new(409, "already_known", "The caller is known", WHY));
        }
        let by = reader.user;
        let why = "The manager asked for the caller’s contact.";
        self.say(&row, &reader, why, |feedback| feedback.want_contact(by, wish.name).map_err(refused)).await
    }
}
