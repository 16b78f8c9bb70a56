//! Adding a caller's number to whom the manager chose: read, append, write.

use super::super::Hub;
use super::super::client::Errand;
use kommo_voip_domain::ids::Entity;
use kommo_voip_domain::kommo::KommoError;
use kommo_voip_domain::kommo::phone_field::{GetNumbers, GetWhoseLead, PutNumbers, new_value, number_of};
use kommo_voip_domain::phone::{self, PhoneKey};

impl Hub {
    /// Adds a number to a contact or company, to a lead's main contact; nothing happens where it stands already, or
    /// where nobody is left to get it.
    pub(super) async fn add_number(
        &self,
        entity: Entity,
        number: &PhoneKey,
        errand: &Errand,
    ) -> Result<(), KommoError> {
        let of = match entity {
            Entity::Leads(lead) => self.ask(errand, &GetWhoseLead { lead }).await?,
            Entity::Contacts(_) | Entity::Companies(_) => Some(entity),
        };
        let Some(of) = of else { return Ok(()) };
        let Some(mut values) = self.ask(errand, &GetNumbers { of }).await? else { return Ok(()) };
        let region = self.settings().map_err(|_| KommoError::Deferred)?.settings.default_region.clone();
        let stands =
            values.iter().filter_map(number_of).any(|text| phone::key_of(&text, &region).as_ref() == Some(number));
        if stands {
            return Ok(());
        }
        values.push(new_value(number.as_str()));
        self.ask(errand, &PutNumbers { of, values }).await
    }
}
