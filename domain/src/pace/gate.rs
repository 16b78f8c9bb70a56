//! One limit for all accounts of a deployment: the seven slots are leased to whoever wants to send.
//!
//! Kommo's documentation counts its limit by address, and all accounts of a deployment may share one (Kommo API
//! reference: limits). What must stay true:
//! - A slot is leased for one request and rests after its answer, as in [`Pace`](super::Pace). Whoever holds it says
//!   when that was; a lease nobody speaks of any more ends by itself, [`LEASE`] after it was given, and rests then.
//! - The gate is stored before an answer leaves, and comes back as it was stored.
//! - A ringing phone goes first, of any account; then who holds the least, then who waited longest. But no more than
//!   six grants pass over whoever waited longest, so that nobody waits for ever.

use super::{Numbers, Purpose, REST, SLOTS};
use crate::time::{Millis, Moment};

/// When a lease ends by itself: its request begins within a second and is given up after fifteen, and the rest is for
/// the way between gate and account.
pub const LEASE: Millis = Millis::seconds(20);
/// Who waits looks again more often than this; a wish nobody looked after for so long is nobody's any more.
const FORGOTTEN: Millis = Millis::seconds(2);
/// How many grants may pass over whoever waited longest.
const PASSED_OVER: u32 = 6;

/// What an account's object, or the Worker itself, says to the gate. It may be said twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateRequest {
    /// The object that says it; 0 for the Worker itself, which sends a few requests before it knows whose they are.
    pub holder: i64,
    /// When the object woke that says it: leases of its former lives are over.
    pub life: Moment,
    /// With the first words of a life: how long ago its former lives' last requests ended.
    pub recent: Vec<Millis>,
    /// What slots are wanted for.
    pub purpose: Purpose,
    /// How many are wanted.
    pub wanted: u32,
    /// Leases whose request is over, and how long ago it ended.
    pub ended: Vec<(i64, Millis)>,
    /// Leases nobody will use.
    pub unused: Vec<i64>,
    /// Kommo blocks: nobody may send for so long.
    pub stop: Option<Millis>,
}

/// What the gate answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GateAnswer {
    /// Each is good for one request that begins at once.
    pub leases: Vec<i64>,
    /// Nobody may send for so long.
    pub paused: Option<Millis>,
}

impl GateRequest {
    /// As it goes to the gate.
    pub fn written(&self) -> Vec<i64> {
        let mut numbers = vec![self.holder, self.life.0, self.purpose as i64, i64::from(self.wanted)];
        numbers.push(self.stop.map_or(0, |pause| pause.0));
        numbers.push(i64::try_from(self.recent.len()).unwrap_or(0));
        numbers.extend(self.recent.iter().map(|ago| ago.0));
        numbers.push(i64::try_from(self.ended.len()).unwrap_or(0));
        numbers.extend(self.ended.iter().flat_map(|(lease, ago)| [*lease, ago.0]));
        numbers.extend(&self.unused);
        numbers
    }

    /// As it came; none when it is no such thing.
    pub fn read(numbers: &[i64]) -> Option<Self> {
        let mut numbers = Numbers(numbers);
        let [holder, life, purpose, wanted, stop] = numbers.take()?;
        Some(Self {
            holder,
            life: Moment(life),
            purpose: *Purpose::ALL.get(usize::try_from(purpose).ok()?)?,
            wanted: u32::try_from(wanted).ok()?,
            stop: Some(Millis(stop)).filter(|pause| pause.0 > 0),
            recent: numbers.list()?.map(|[ago]| Millis(ago)).collect(),
            ended: numbers.list()?.map(|[lease, ago]| (lease, Millis(ago))).collect(),
            unused: numbers.0.to_vec(),
        })
    }
}

impl GateAnswer {
    /// As it goes back.
    pub fn written(&self) -> Vec<i64> {
        let mut numbers = vec![self.paused.map_or(0, |pause| pause.0)];
        numbers.extend(&self.leases);
        numbers
    }

    /// As it came; none when it is no such thing.
    pub fn read(numbers: &[i64]) -> Option<Self> {
        let (pause, leases) = numbers.split_first()?;
        Some(Self { paused: Some(Millis(*pause)).filter(|pause| pause.0 > 0), leases: leases.to_vec() })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Lease {
    id: i64,
    holder: i64,
    life: Moment,
    since: Moment,
}

/// Somebody who waits for slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish(i64);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Waiting {
    wish: Wish,
    holder: i64,
    life: Moment,
    purpose: Purpose,
    wanted: u32,
    since: Moment,
    seen: Moment,
}

/// The slots of a deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gate {
    /// The last number given to a lease or a wish.
    last: i64,
    leases: Vec<Lease>,
    /// Whose slots rest, and since when.
    rests: Vec<(i64, Moment)>,
    paused_until: Moment,
    /// How many grants passed over whoever waited longest.
    passed_over: u32,
    waiting: Vec<Waiting>,
    /// There is something to store.
    is_changed: bool,
}

impl Gate {
    /// The gate as it is stored; nobody who waits is.
    pub fn stored(&self) -> Vec<i64> {
        let mut numbers = vec![self.last, self.paused_until.0, i64::from(self.passed_over)];
        numbers.push(i64::try_from(self.leases.len()).unwrap_or(0));
        numbers.extend(self.leases.iter().flat_map(|lease| [lease.id, lease.holder, lease.life.0, lease.since.0]));
        numbers.extend(self.rests.iter().flat_map(|(holder, since)| [*holder, since.0]));
        numbers
    }

    /// A gate as it was stored; none when it was not stored by us. A clock that was set back meanwhile must not hold slots
    /// for longer.
    pub fn wake(stored: &[i64], now: Moment) -> Option<Self> {
        let mut numbers = Numbers(stored);
        let [last, paused_until, passed_over] = numbers.take()?;
        let mut gate = Self {
            last,
            paused_until: Moment(paused_until),
            passed_over: u32::try_from(passed_over).ok()?,
            ..Self::default()
        };
        let moment = |number: i64| Moment(number.min(now.0));
        for [id, holder, life, since] in numbers.list()? {
            gate.leases.push(Lease { id, holder, life: Moment(life), since: moment(since) });
        }
        gate.rests = numbers.rest::<2>().map(|[holder, since]| (holder, moment(since))).collect();
        Some(gate)
    }

    /// Takes in what somebody says of leases and of Kommo; a wish for slots begins to wait.
    pub fn take_in(&mut self, said: &GateRequest, now: Moment) -> Option<Wish> {
        // A new life knows from its journal what its former ones sent; what is not in there was never sent.
        let is_over = |holder, life| said.holder != 0 && holder == said.holder && life < said.life;
        let known = self.leases.len();
        self.leases.retain(|lease| !is_over(lease.holder, lease.life));
        self.is_changed |= self.leases.len() < known || !said.recent.is_empty() || said.stop.is_some();
        self.waiting.retain(|waiting| !is_over(waiting.holder, waiting.life));
        self.rests.extend(said.recent.iter().map(|ago| (said.holder, before(now, *ago))));
        for (id, ago) in &said.ended {
            if self.give_back(*id) {
                self.rests.push((said.holder, before(now, *ago)));
            }
        }
        for id in &said.unused {
            self.give_back(*id);
        }
        if let Some(pause) = said.stop {
            self.paused_until = self.paused_until.max(now + pause);
        }
        (said.wanted > 0).then(|| {
            let wish = Wish(self.number());
            let GateRequest { holder, life, purpose, wanted, .. } = *said;
            self.waiting.push(Waiting { wish, holder, life, purpose, wanted, since: now, seen: now });
            wish
        })
    }

    /// Whoever waits looks whether it is their turn; gives the leases they get. Must be stored before they are used.
    pub fn look(&mut self, wish: Wish, now: Moment) -> Vec<i64> {
        if let Some(mine) = self.waiting.iter_mut().find(|waiting| waiting.wish == wish) {
            mine.seen = now;
        }
        let mut given = Vec::new();
        while self.is_free(now) && self.next(now).is_some_and(|next| next.wish == wish) {
            let Some(lease) = self.lease(wish, now) else { break };
            given.push(lease);
        }
        given
    }

    /// They have not got all they wanted yet.
    pub fn waits(&self, wish: Wish) -> bool {
        self.waiting.iter().any(|waiting| waiting.wish == wish)
    }

    /// They wait no longer.
    pub fn leave(&mut self, wish: Wish) {
        self.waiting.retain(|waiting| waiting.wish != wish);
    }

    /// How many wait before this one, if slots are given by urgency and patience alone: whoever is far back need not
    /// look as often.
    pub fn ahead(&self, wish: Wish) -> usize {
        let Some(mine) = self.waiting.iter().find(|waiting| waiting.wish == wish) else { return 0 };
        self.waiting.iter().filter(|other| (other.purpose, other.since) < (mine.purpose, mine.since)).count()
    }

    /// Nobody may send for so long.
    pub fn paused(&self, now: Moment) -> Option<Millis> {
        (self.paused_until > now).then(|| self.paused_until - now)
    }

    /// Something changed since this was last asked that has to be stored.
    pub fn has_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }

    fn number(&mut self) -> i64 {
        self.last += 1;
        self.last
    }

    fn give_back(&mut self, id: i64) -> bool {
        let before = self.leases.len();
        self.leases.retain(|lease| lease.id != id);
        let was_held = self.leases.len() < before;
        self.is_changed |= was_held;
        was_held
    }

    fn is_free(&mut self, now: Moment) -> bool {
        let (over, held): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.leases).into_iter().partition(|lease| now - lease.since >= LEASE);
        self.leases = held;
        self.rests.extend(over.into_iter().map(|lease| (lease.holder, lease.since + LEASE)));
        self.rests.retain(|(_, since)| now - *since < REST);
        self.paused(now).is_none() && self.leases.len() + self.rests.len() < SLOTS
    }

    /// Whose turn it is.
    fn next(&self, now: Moment) -> Option<&Waiting> {
        let present = || self.waiting.iter().filter(|waiting| now - waiting.seen < FORGOTTEN);
        if self.passed_over >= PASSED_OVER {
            return present().min_by_key(|waiting| (waiting.since, waiting.wish.0));
        }
        present().min_by_key(|waiting| (waiting.purpose, self.held_by(waiting.holder), waiting.since, waiting.wish.0))
    }

    fn held_by(&self, holder: i64) -> usize {
        let leased = self.leases.iter().filter(|lease| lease.holder == holder).count();
        leased + self.rests.iter().filter(|(rested, _)| *rested == holder).count()
    }

    fn lease(&mut self, wish: Wish, now: Moment) -> Option<i64> {
        let id = self.number();
        let waited_longest = self.waiting.iter().filter(|waiting| now - waiting.seen < FORGOTTEN);
        let waited_longest = waited_longest.map(|waiting| (waiting.since, waiting.wish.0)).min();
        let mine = self.waiting.iter_mut().find(|waiting| waiting.wish == wish)?;
        mine.wanted = mine.wanted.saturating_sub(1);
        let lease = Lease { id, holder: mine.holder, life: mine.life, since: now };
        let is_first = waited_longest == Some((mine.since, wish.0));
        self.passed_over = if is_first { 0 } else { self.passed_over + 1 };
        if mine.wanted == 0 {
            self.leave(wish);
        }
        self.leases.push(lease);
        self.is_changed = true;
        Some(id)
    }
}

fn before(now: Moment, ago: Millis) -> Moment {
    Moment(now.0.saturating_sub(ago.0.max(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUSY: i64 = 1;
    const OTHER: i64 = 2;
    const QUIET: i64 = 3;

    fn asks(holder: i64, purpose: Purpose, wanted: u32) -> GateRequest {
        let (recent, ended, unused) = Default::default();
        GateRequest { holder, life: Moment(0), recent, purpose, wanted, ended, unused, stop: None }
    }

    fn ends(holder: i64, leases: &[i64]) -> GateRequest {
        let ended = leases.iter().map(|lease| (*lease, Millis(0))).collect();
        GateRequest { ended, ..asks(holder, Purpose::Log, 0) }
    }

    #[test]
    fn a_ring_of_any_account_goes_before_what_waits() {
        let mut gate = Gate::default();
        let all = gate.take_in(&asks(BUSY, Purpose::Log, 7), Moment(0)).unwrap();
        let leases = gate.look(all, Moment(0));
        assert_eq!(leases.len(), 7);
        let log = gate.take_in(&asks(BUSY, Purpose::Log, 7), Moment(10)).unwrap();
        let ring = gate.take_in(&asks(OTHER, Purpose::Ring, 1), Moment(20)).unwrap();
        gate.take_in(&ends(BUSY, &leases[..1]), Moment(30));
        let free = Moment(30) + REST;
        assert!(gate.look(ring, Moment(free.0 - 1)).is_empty());
        assert!(gate.look(log, free).is_empty());
        assert_eq!(gate.look(ring, free).len(), 1);
    }

    #[test]
    fn whoever_holds_little_goes_before_whoever_holds_much() {
        let mut gate = Gate::default();
        let much = gate.take_in(&asks(BUSY, Purpose::Log, 6), Moment(0)).unwrap();
        assert_eq!(gate.look(much, Moment(0)).len(), 6);
        let more = gate.take_in(&asks(BUSY, Purpose::Log, 6), Moment(1)).unwrap();
        let little = gate.take_in(&asks(QUIET, Purpose::Log, 1), Moment(2)).unwrap();
        assert!(gate.look(more, Moment(3)).is_empty(), "the last slot is the quiet one’s");
        assert_eq!(gate.look(little, Moment(3)).len(), 1);
    }

    #[test]
    fn endless_rings_do_not_starve_what_is_to_be_written_down() {
        let mut gate = Gate::default();
        let log = gate.take_in(&asks(QUIET, Purpose::Log, 1), Moment(0)).unwrap();
        let mut rings = 0;
        for second in 0..3_i64 {
            let now = Moment(second * 2 * REST.0);
            let mut given = Vec::new();
            for _ in 0..SLOTS {
                let ring = gate.take_in(&asks(BUSY, Purpose::Ring, 1), now).unwrap();
                gate.look(log, now);
                given.extend(gate.look(ring, now));
            }
            rings += given.len();
            gate.take_in(&ends(BUSY, &given), now);
            if !gate.waits(log) {
                return assert!(rings <= 12, "{rings} went before");
            }
        }
        panic!("{rings} rings, and nothing was written down");
    }

    #[test]
    fn a_wish_nobody_looks_after_holds_nobody_up() {
        let mut gate = Gate::default();
        gate.take_in(&asks(BUSY, Purpose::Ring, 7), Moment(0)).unwrap();
        let other = gate.take_in(&asks(OTHER, Purpose::Log, 1), Moment(0)).unwrap();
        assert!(gate.look(other, Moment(0)).is_empty());
        assert_eq!(gate.look(other, Moment(0) + FORGOTTEN).len(), 1);
    }

    #[test]
    fn a_new_life_ends_the_leases_of_the_former_one_and_what_it_sent_still_rests() {
        let mut gate = Gate::default();
        let first = gate.take_in(&asks(BUSY, Purpose::Log, 7), Moment(0)).unwrap();
        assert_eq!(gate.look(first, Moment(0)).len(), 7);
        let reborn = GateRequest { life: Moment(500), recent: vec![Millis(20); 3], ..asks(BUSY, Purpose::Log, 7) };
        let second = gate.take_in(&reborn, Moment(500)).unwrap();
        assert_eq!(gate.look(second, Moment(500)).len(), 4);
        let late = ends(BUSY, &[1]);
        gate.take_in(&late, Moment(600));
        assert_eq!(gate.leases.len(), 4, "what the former life says late changes nothing");
    }

    #[test]
    fn a_block_stops_everybody_for_as_long_as_it_lasts_and_over_a_death() {
        let mut gate = Gate::default();
        gate.take_in(&GateRequest { stop: Some(Millis(60_000)), ..asks(BUSY, Purpose::Log, 0) }, Moment(0));
        assert!(gate.has_changed());
        let mut gate = Gate::wake(&gate.stored(), Moment(1_000)).unwrap();
        let wish = gate.take_in(&asks(OTHER, Purpose::Ring, 1), Moment(1_000)).unwrap();
        assert!(gate.look(wish, Moment(1_000)).is_empty());
        assert_eq!(gate.paused(Moment(1_000)), Some(Millis(59_000)));
        assert_eq!(gate.look(wish, Moment(60_000)).len(), 1);
    }

    #[test]
    fn a_clock_that_was_set_back_holds_no_slot_for_longer() {
        let mut gate = Gate::default();
        let wish = gate.take_in(&asks(BUSY, Purpose::Log, 7), Moment(90_000_000)).unwrap();
        let leases = gate.look(wish, Moment(90_000_000));
        gate.take_in(&ends(BUSY, &leases[..3]), Moment(90_000_000));
        let mut gate = Gate::wake(&gate.stored(), Moment(1_000)).unwrap();
        let again = gate.take_in(&asks(BUSY, Purpose::Log, 7), Moment(1_000) + REST).unwrap();
        assert_eq!(gate.look(again, Moment(1_000) + REST).len(), 3);
    }

    #[test]
    fn what_is_said_arrives_as_it_was_said_and_nonsense_not_at_all() {
        let said = GateRequest {
            life: Moment(7),
            recent: vec![Millis(1), Millis(2)],
            ended: vec![(4, Millis(5))],
            unused: vec![8, 9],
            stop: Some(Millis(6)),
            ..asks(BUSY, Purpose::Sweep, 3)
        };
        assert_eq!(GateRequest::read(&said.written()), Some(said));
        let nothing = asks(0, Purpose::Ring, 0);
        assert_eq!(GateRequest::read(&nothing.written()), Some(nothing));
        for answer in [GateAnswer::default(), GateAnswer { leases: vec![1, 2], paused: Some(Millis(3)) }] {
            assert_eq!(GateAnswer::read(&answer.written()), Some(answer));
        }
        for nonsense in [&[][..], &[1, 2, 9, 4, 5, 0, 0], &[1, 2, 3, 4, 5, 100, 7], &[1, 2, 3, 4, 5, -1]] {
            assert_eq!(GateRequest::read(nonsense), None, "{nonsense:?}");
        }
        assert!(Gate::wake(&[1, 2], Moment(0)).is_none() && GateAnswer::read(&[]).is_none());
    }
}
