//! A strict model of Kommo: it applies every write it gets, as often as it gets it, and never merges or forgives.
//! What was doubled stands there twice, and the books do not balance.

use crate::cast;
use kommo_voip_domain::ids::*;
use kommo_voip_domain::kommo::notes::CallNote;
use kommo_voip_domain::matching::{Incoming, Person};
use kommo_voip_domain::plan::{Action, ActionResult};
use kommo_voip_domain::time::{Millis, Moment};

/// How long a new contact is not found by search. Lists sorted newest first show it at once.
const SEARCH_LAG: Millis = Millis::seconds(120);

/// What became of an incoming lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Waits,
    Accepted(UserId),
    Declined(UserId),
}

#[derive(Debug, Clone, PartialEq)]
pub struct IncomingLead {
    pub incoming: Incoming,
    pub uniq: String,
    pub fate: Fate,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub id: TaskId,
    pub entity: Entity,
    pub text: String,
    pub due: Moment,
    pub responsible: Option<UserId>,
    pub result: Option<String>,
}

/// All that stands in Kommo; two runs are the same if their books are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Books {
    /// Contacts and companies with the number and their active leads.
    pub person: Person,
    pub incoming: Vec<IncomingLead>,
    pub notes: Vec<(Entity, NoteId, CallNote)>,
    pub tasks: Vec<Task>,
    /// To whom the number was added.
    pub numbers: Vec<Entity>,
}

impl Books {
    fn waiting(&self) -> usize {
        self.incoming.iter().filter(|known| known.fate == Fate::Waits).count()
    }

    /// Whoever has the number, accepted or not.
    pub fn people(&self) -> usize {
        self.person.contacts.len() + self.person.companies.len() + self.waiting()
    }

    /// Their leads, accepted or not.
    pub fn leads(&self) -> usize {
        self.person.leads.len() + self.waiting()
    }

    /// The notes of one call.
    pub fn notes_of<'a>(&'a self, uniq: &'a str) -> impl Iterator<Item = &'a CallNote> {
        self.notes.iter().map(|(_, _, note)| note).filter(move |note| note.uniq == uniq)
    }
}

#[derive(Default)]
pub struct Kommo {
    pub books: Books,
    /// Call notices shown, by user.
    pub notices: Vec<(UserId, Moment)>,
    /// Since when search finds each contact.
    found_from: Vec<(ContactId, Moment)>,
    /// Writes on a slow way: they land later.
    under_way: Vec<(Moment, Action)>,
}

impl Kommo {
    pub fn new(person: Person) -> Self {
        let incoming = person.incoming.clone().map(|incoming| IncomingLead {
            incoming,
            uniq: "earlier".into(),
            fate: Fate::Waits,
        });
        let person = Person { incoming: None, ..person };
        Self {
            books: Books { person, incoming: incoming.into_iter().collect(), ..Books::default() },
            ..Self::default()
        }
    }

    /// The write lands later.
    pub fn lands_at(&mut self, when: Moment, action: Action) {
        self.under_way.push((when, action));
    }

    /// Whatever was under way and has come lands, in its order.
    pub fn land(&mut self, now: Moment) {
        self.under_way.sort_by_key(|(when, _)| *when);
        while self.under_way.first().is_some_and(|(when, _)| *when <= now) {
            let (when, action) = self.under_way.remove(0);
            self.apply(&action, when);
        }
    }

    /// Who has the number: known ones by id, others by a search that lags.
    pub fn look_up(&self, known: Option<&Person>, now: Moment) -> Person {
        let knows = |id: ContactId| {
            known.is_some_and(|known| {
                known.contacts.iter().any(|contact| contact.id == id)
                    || known.incoming.as_ref().and_then(|incoming| incoming.contact) == Some(id)
            })
        };
        let searched = |id: ContactId| {
            self.found_from.iter().find(|(contact, _)| *contact == id).is_none_or(|(_, from)| now >= *from)
        };
        let mut person = self.books.person.clone();
        person.contacts.retain(|contact| knows(contact.id) || searched(contact.id));
        let of_known = |incoming: &&IncomingLead| {
            incoming.fate == Fate::Waits && incoming.incoming.contact.is_some_and(|id| knows(id) || searched(id))
        };
        person.incoming = self.books.incoming.iter().find(of_known).map(|found| found.incoming.clone());
        person.leads.retain(|lead| {
            let owned = |leads: &[LeadId]| leads.contains(&lead.id);
            person.contacts.iter().any(|contact| owned(&contact.leads))
                || person.companies.iter().any(|company| owned(&company.leads))
        });
        person
    }

    /// What an action may have done whose answer was lost, in lists that do not lag.
    pub fn find(&self, action: &Action, is_nobodys: impl Fn(&ActionResult) -> bool) -> Option<ActionResult> {
        let books = &self.books;
        match action {
            Action::CreateContactAndLeadV1 { .. } => books.person.contacts.first().map(|contact| {
                ActionResult::ContactAndLead { contact: Some(contact.id), lead: contact.leads.iter().copied().max() }
            }),
            Action::CreateIncomingLeadV1 { uniq, .. } => {
                let ours = books.incoming.iter().find(|known| known.uniq == *uniq && known.fate == Fate::Waits)?;
                let Incoming { uid, lead, contact, .. } = ours.incoming.clone();
                Some(ActionResult::IncomingLead { uid, lead, contact })
            }
            // Every lead the model is asked for has an id of its own above 900.
            Action::CreateLeadV1 { name, .. } => {
                let ours = books.person.leads.iter().find(|lead| lead.id.0 > 900 && lead.name == *name)?;
                Some(ActionResult::Lead { lead: ours.id })
            }
            Action::WriteNoteV1 { entity, note } | Action::MoveNoteV1 { entity, note } => {
                let ours = books.notes.iter().find(|(on, _, known)| on == entity && known.uniq == note.uniq)?;
                Some(ActionResult::Note { id: ours.1 })
            }
            Action::CreateTaskV1 { entity, text, due, .. } | Action::CreateFollowUpV1 { entity, text, due, .. } => {
                let same = |task: &&Task| (&task.entity, &task.text, &task.due) == (entity, text, due);
                let mut found = books.tasks.iter().filter(same).map(|task| ActionResult::Task { id: task.id });
                found.find(is_nobodys)
            }
            _ => None,
        }
    }

    /// Applies a write, whether or not it was applied before.
    pub fn apply(&mut self, action: &Action, now: Moment) -> ActionResult {
        let books = &mut self.books;
        let next = |taken: usize| 901 + i64::try_from(taken).expect("few");
        match action {
            Action::CreateContactAndLeadV1 { responsible, lead_name, .. } => {
                let id = next(books.person.contacts.len() + books.incoming.len());
                let lead = LeadId(next(books.person.leads.len() + books.incoming.len()));
                books.person.contacts.push(cast::contact(id, responsible.expect("an owner"), &[lead.0]));
                let mut made = cast::lead(lead.0);
                made.name.clone_from(lead_name);
                books.person.leads.push(made);
                self.found_from.push((ContactId(id), now + SEARCH_LAG));
                ActionResult::ContactAndLead { contact: Some(ContactId(id)), lead: Some(lead) }
            }
            Action::CreateIncomingLeadV1 { uniq, .. } => {
                let id = next(books.incoming.len());
                let (uid, lead) = (IncomingLeadUid(format!("incoming {id}")), LeadId(id));
                let contact = Some(ContactId(id));
                let incoming =
                    Incoming { uid: uid.clone(), lead, contact, contact_name: String::new(), lead_name: String::new() };
                books.incoming.push(IncomingLead { incoming, uniq: uniq.clone(), fate: Fate::Waits });
                self.found_from.push((ContactId(id), now + SEARCH_LAG));
                ActionResult::IncomingLead { uid, lead, contact }
            }
            Action::AcceptIncomingLeadV1 { uid, user, .. } => {
                self.accept(uid, *user);
                ActionResult::IncomingLeadDecided
            }
            Action::DeclineIncomingLeadV1 { uid, user } => {
                let waiting = |known: &&mut IncomingLead| known.incoming.uid == *uid && known.fate == Fate::Waits;
                books.incoming.iter_mut().filter(waiting).for_each(|known| known.fate = Fate::Declined(*user));
                ActionResult::IncomingLeadDecided
            }
            Action::CreateLeadV1 { name, contact, .. } => {
                let id = LeadId(next(books.person.leads.len()));
                let mut made = cast::lead(id.0);
                made.name.clone_from(name);
                books.person.leads.push(made);
                let of_contact = books.person.contacts.iter_mut().filter(|known| Some(known.id) == *contact);
                of_contact.for_each(|known| known.leads.push(id));
                if contact.is_none() {
                    books.person.companies.iter_mut().for_each(|known| known.leads.push(id));
                }
                ActionResult::Lead { lead: id }
            }
            Action::WriteNoteV1 { entity, note } | Action::MoveNoteV1 { entity, note } => {
                let id = NoteId(next(books.notes.len()));
                books.notes.push((*entity, id, note.clone()));
                ActionResult::Note { id }
            }
            Action::AmendNoteV1 { id, note, .. } => {
                let of_id = books.notes.iter_mut().filter(|(_, known, _)| known == id);
                of_id.for_each(|(_, _, known)| known.clone_from(note));
                ActionResult::Changed
            }
            Action::AddNumberV1 { entity, .. } => {
                // Added to a contact that has it already, the number stands there once all the same.
                if !books.numbers.contains(entity) {
                    books.numbers.push(*entity);
                    if let Entity::Contacts(id) = entity {
                        books.person.contacts.push(cast::contact(id.0, cast::OLGA, &[]));
                        self.found_from.push((*id, now + SEARCH_LAG));
                    }
                }
                ActionResult::Changed
            }
            Action::CreateTaskV1 { entity, text, due, responsible, .. }
            | Action::CreateFollowUpV1 { entity, text, due, responsible } => {
                let id = TaskId(next(books.tasks.len()));
                let (entity, text, due, responsible) = (*entity, text.clone(), *due, *responsible);
                books.tasks.push(Task { id, entity, text, due, responsible, result: None });
                ActionResult::Task { id }
            }
            Action::ChangeFollowUpV1 { task, text, due } => {
                for known in books.tasks.iter_mut().filter(|known| known.id == *task) {
                    (known.text, known.due) = (text.clone(), *due);
                }
                ActionResult::Changed
            }
            Action::JoinTaskV1 { task, .. } => {
                let is_open = books.tasks.iter().any(|known| known.id == *task && known.result.is_none());
                if is_open { ActionResult::Task { id: *task } } else { ActionResult::TaskIsOver }
            }
            Action::CompleteTaskV1 { task, result } => {
                let of_id = books.tasks.iter_mut().filter(|known| known.id == *task);
                of_id.for_each(|known| known.result = Some(result.clone()));
                ActionResult::Changed
            }
            Action::NotifyV1 { users, .. } => {
                self.notices.extend(users.iter().map(|user| (*user, now)));
                ActionResult::Changed
            }
        }
    }

    fn accept(&mut self, uid: &IncomingLeadUid, user: UserId) {
        let waiting = |known: &&mut IncomingLead| known.incoming.uid == *uid && known.fate == Fate::Waits;
        let Some(known) = self.books.incoming.iter_mut().find(waiting) else { return };
        known.fate = Fate::Accepted(user);
        let Incoming { lead, contact, .. } = known.incoming.clone();
        self.books.person.contacts.push(cast::contact(contact.expect("a contact").0, user, &[lead.0]));
        self.books.person.leads.push(cast::lead(lead.0));
    }
}
